namespace XlLoraOnnx.Synthesis;

internal sealed partial class RunJournal
{
    /// <summary>Opens the journal of this process in a run folder, which is made where it is missing.</summary>
    /// <param name="open">How to open the file; by default without a buffer, at its end.</param>
    /// <exception cref="InvalidDataException">A journal that is to be continued is damaged, or of another run.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static RunJournal Open(string runFolder, string runId, Func<string, FileMode, Stream>? open = null)
    {
        var folder = new JournalFolder(runFolder);
        try
        {
            Directory.CreateDirectory(folder.Path);
            return TryContinue(folder, runId, open ?? OpenFile) ?? Begin(folder, runId, open ?? OpenFile);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new IOException($"The run folder '{runFolder}' cannot be written: {e.Message} "
                + "Give this user the right to write there, free space on that disk, or choose another output.", e);
        }
    }

    private static FileStream OpenFile(string path, FileMode mode)
    {
        var file = new FileStream(path, mode, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        file.Seek(0, SeekOrigin.End);
        return file;
    }

    private static RunJournal? TryContinue(JournalFolder folder, string runId, Func<string, FileMode, Stream> open)
    {
        foreach (int number in folder.Numbers())
        {
            if (folder.TryLock(number) is not { } taken)
                continue;
            RunJournal? journal = null;
            try
            {
                // A lock may be kept on its machine alone, and whose it is may not be to be seen yet: two would write one journal.
                if (folder.IsRealLock(number) && folder.ReadOwner(number) is { IsOnThisMachine: true })
                    return journal = Continue(folder, number, taken, runId, open);
            }
            finally
            {
                if (journal is null)
                    taken.Dispose();
            }
        }

        return null;
    }

    private static RunJournal Continue(
        JournalFolder folder, int number, FileStream taken, string runId, Func<string, FileMode, Stream> open)
    {
        var path = folder.Journal(number);
        using var reader = new JournalReader(path);
        if (reader.Header is { } header && header.RunId != runId)
        {
            throw new InvalidDataException($"'{path}' belongs to another run ({header.RunId}; this one is {runId}). "
                + "Choose another output, or move that file away.");
        }

        reader.ReadToEnd();
        var owner = RunOwner.Create(number);
        folder.WriteOwner(number, owner);
        var stream = open(path, FileMode.Open);
        try
        {
            var journal = new RunJournal(path, taken, stream, owner) { IsContinued = true, CutBytes = stream.Length - reader.End };
            journal._contexts.AddRange(reader.Contexts.Values.OrderBy(c => c.Number));
            if (journal.CutBytes > 0)
                stream.SetLength(reader.End);
            stream.Seek(reader.End, SeekOrigin.Begin);
            journal._flushed = reader.End;
            if (reader.End == 0)
                journal.WriteHeader(runId);
            return journal;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static RunJournal Begin(JournalFolder folder, string runId, Func<string, FileMode, Stream> open)
    {
        for (int number = folder.HighestNumber() + 1; ; number++)
        {
            if (folder.TryLock(number) is not { } taken)
                continue;
            Stream? stream = null;
            RunJournal? journal = null;
            try
            {
                stream = TryCreate(folder.Journal(number), open);
                if (stream is null)
                    continue;
                var owner = RunOwner.Create(folder.IsRealLock(number) ? number : null);
                folder.WriteOwner(number, owner);
                var begun = new RunJournal(folder.Journal(number), taken, stream, owner);
                begun.WriteHeader(runId);
                return journal = begun;
            }
            finally
            {
                if (journal is null)
                {
                    stream?.Dispose();
                    taken.Dispose();
                }
            }
        }
    }

    /// <returns>Null if another process was first, on a disk where locks keep nobody out.</returns>
    private static Stream? TryCreate(string path, Func<string, FileMode, Stream> open)
    {
        RunFaults.Pass(RunPoint.BeforeCreate, path);
        Stream stream;
        try
        {
            stream = open(path, FileMode.CreateNew);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }

        RunFaults.Pass(RunPoint.AfterCreate, path);
        return stream;
    }
}
