using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>
/// <c>RUN/journal</c>: <c>NNNN.journal</c> for each process, <c>NNNN.lock</c> that its process holds until it dies, however it dies, and
/// <c>NNNN.owner</c>, which says whose lock that is.
/// </summary>
internal sealed class JournalFolder(string runFolder)
{
    private const string Extension = ".journal";
    private const string LockExtension = ".lock";
    private const string OwnerExtension = ".owner";

    public string Path { get; } = System.IO.Path.Combine(runFolder, "journal");

    public string Journal(int number) => Name(number, Extension);

    /// <summary>Numbers of the journals that there are, in order.</summary>
    public IReadOnlyList<int> Numbers() => Numbers(Extension);

    /// <summary>Highest number in use, 0 if none; also that of a lock whose process died before it began its journal.</summary>
    public int HighestNumber() => Numbers(Extension).Concat(Numbers(LockExtension)).DefaultIfEmpty(0).Max();

    /// <summary>Takes the lock of a journal.</summary>
    /// <returns>Null if a process holds it.</returns>
    public FileStream? TryLock(int number)
    {
        var path = Name(number, LockExtension);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Whether a lock that this process holds keeps others out: some shared disks let everybody in.</summary>
    public bool IsRealLock(int number)
    {
        using var second = TryLock(number);
        return second is null;
    }

    /// <summary>Says who holds the lock; only its holder may.</summary>
    public void WriteOwner(int number, RunOwner owner) => RunFiles.Replace(Name(number, OwnerExtension), owner.ToBytes());

    public RunOwner? ReadOwner(int number) =>
        Directory.Exists(Path) && RunFiles.TryRead(Name(number, OwnerExtension)) is { } bytes ? RunOwner.TryParse(bytes) : null;

    /// <summary>Whether a process has surely died; false where that cannot be known from here.</summary>
    public bool IsDead(RunOwner owner)
    {
        if (!owner.IsOnThisMachine || owner.Journal is not { } number || ReadOwner(number) is not { } holder)
            return false;
        // Its journal has been taken over by another process, which only happens after its death.
        if (holder.Id != owner.Id)
            return true;
        using var taken = TryLock(number);
        return taken is not null;
    }

    private string Name(int number, string extension) =>
        System.IO.Path.Combine(Path, number.ToString("D4", CultureInfo.InvariantCulture) + extension);

    private int[] Numbers(string extension) => !Directory.Exists(Path) ? [] :
    [
        .. Directory.EnumerateFiles(Path, "*" + extension)
            .Select(System.IO.Path.GetFileNameWithoutExtension)
            .Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)
            .Where(n => n > 0).Order(),
    ];
}
