namespace XlLoraOnnx.Tests;

/// <summary>A file that one process of this machine holds at a time; however that process ends, the system lets go of it then.</summary>
internal static class MachineLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <returns>What to dispose when done, or null where another process kept it for all that time.</returns>
    public static async Task<IDisposable?> TakeAsync(string path, TimeSpan limit)
    {
        for (var until = DateTime.UtcNow + limit; ; await Task.Delay(Pause))
        {
            try
            {
                // The file stays: deleted, it would let two in, one by the old file and one by the new.
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTime.UtcNow < until)
            {
                // somebody else's turn
            }
            catch (IOException)
            {
                return null;
            }
        }
    }
}
