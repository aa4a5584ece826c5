namespace XlLoraOnnx;

/// <summary>What an error of opening a file was, by its own code: a look at the file afterwards comes too late where others delete
/// it.</summary>
internal static class FileErrors
{
    // EEXIST of Linux and macOS; ERROR_FILE_EXISTS
    private static readonly int[] Exists = [17, unchecked((int)0x80070050)];

    // EWOULDBLOCK of Linux and of macOS; ERROR_SHARING_VIOLATION
    private static readonly int[] Held = [11, 35, unchecked((int)0x80070020)];

    /// <summary>Whether a file that was to be created was there.</summary>
    public static bool IsExisting(IOException error) => Exists.Contains(error.HResult);

    /// <summary>Whether another process, or another stream of this one, keeps others out.</summary>
    public static bool IsHeld(IOException error) => Held.Contains(error.HResult);
}
