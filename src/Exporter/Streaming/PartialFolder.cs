
namespace XlLoraOnnx.Exporter;

/// <param name="Resumes">Initializers that are on the disk already.</param>
/// <param name="StartsOver">Why an unfinished export cannot be continued; null when there is none, or when it can be.</param>
internal sealed record PartialState(IReadOnlySet<string> Resumes, string? StartsOver);

/// <summary>
/// The working folder <c>OUT.partial</c> beside an output: a lock, the journal, and in <c>model</c> what will be renamed to the output when
/// it is complete. One process at a time; a crash leaves it for the next run of the same command.
/// </summary>
internal sealed class PartialFolder : IDisposable
{
    private const string LockFile = "export.lock";
    private const string JournalFile = "export.journal";
    private const string Model = "model";

    private readonly string _output;
    private readonly string _folder;
    private readonly FileStream _lock;
    private readonly ExportJournal _journal;

    /// <returns>The full path.</returns>
    public static string CheckFree(string outputFolder)
    {
        var output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(outputFolder));
        if (File.Exists(output))
            throw new IOException($"'{output}' is a file. Choose another output folder.");
        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
            throw new IOException($"The output folder '{output}' exists and is not empty. Remove it or choose another.");
        return output;
    }

    /// <summary>What an export of this identity would find; changes nothing.</summary>
    /// <exception cref="IOException">Something that this export must neither continue nor delete.</exception>
    public static PartialState Inspect(string output, ExportIdentity identity, long dataBytes)
    {
        var folder = output + ".partial";
        if (!Directory.Exists(folder))
            return new PartialState(new HashSet<string>(), null);
        var journal = Path.Combine(folder, JournalFile);
        var entries = JournalEntries.Read(journal);
        var found = entries.Identity;
        var isOurs = found is null
            ? Directory.EnumerateFileSystemEntries(folder).All(e => Path.GetFileName(e) is LockFile or JournalFile)
            : found.Length > 0;
        if (!isOurs)
            throw new IOException($"'{folder}' is in the way: it is no unfinished export (it has no {JournalFile} of one). "
                + "Remove it or choose another output.");
        if (found is null)
            return new PartialState(new HashSet<string>(), null);
        if (found != identity.ToString())
            return new PartialState(new HashSet<string>(), Difference(folder, found, identity));
        var data = new FileInfo(Path.Combine(folder, Model, OnnxModelWriter.DataFile));
        return data.Exists && data.Length == dataBytes
            ? new PartialState(entries.Initializers, null)
            : new PartialState(new HashSet<string>(), entries.Initializers.Count == 0 ? null : $"'{data.FullName}' has another length");
    }

    /// <summary>What a crash between the last rename and the end has left beside a finished folder.</summary>
    public static void RemoveLeftovers(string outputFolder)
    {
        var output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(outputFolder));
        var folder = output + ".partial";
        if (!File.Exists(Path.Combine(output, ModelManifest.FileName)) || !Directory.Exists(folder)
            || Directory.EnumerateFileSystemEntries(folder).Any(e => Path.GetFileName(e) is not (LockFile or JournalFile)))
            return;
        Lock(folder).Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Continues or begins; to be disposed of in any case.</summary>
    public PartialFolder(string output, ExportIdentity identity, long dataBytes)
    {
        (_output, _folder) = (output, output + ".partial");
        Directory.CreateDirectory(_folder);
        _lock = Lock(_folder);
        try
        {
            // another process may have finished between the check and the lock
            CheckFree(output);
            Resumes = Prepare(Inspect(output, identity, dataBytes));
            _journal = new ExportJournal(Path.Combine(_folder, JournalFile), identity);
            Directory.CreateDirectory(ModelFolder);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>Where to write.</summary>
    public string ModelFolder => Path.Combine(_folder, Model);

    public ExportJournal Journal => _journal;

    /// <summary>The data file is there and the journal says what it holds.</summary>
    public bool Resumes { get; }

    /// <summary>Gives the finished folder its name.</summary>
    public void Finish()
    {
        foreach (var path in Directory.EnumerateFiles(ModelFolder, "*", SearchOption.AllDirectories))
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(file);
        }
        if (Directory.Exists(_output))
            Directory.Delete(_output);
        Directory.Move(ModelFolder, _output);
        Remove();
    }

    /// <summary>After a failure: what is entered in the journal stays for the next run.</summary>
    /// <returns>The folder; null if there was nothing to keep.</returns>
    public string? Abandon()
    {
        if (!_journal.IsEmpty)
            return _folder;
        Discard();
        return null;
    }

    /// <summary>Nothing of it is wanted.</summary>
    public void Discard()
    {
        Directory.Delete(ModelFolder, recursive: true);
        Remove();
    }

    public void Dispose()
    {
        _journal.Dispose();
        _lock.Dispose();
    }

    private static FileStream Lock(string folder)
    {
        var path = Path.Combine(folder, LockFile);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new ExportLockedException($"Another process is exporting into '{folder}'. Wait for it, or choose another output.", e);
        }
    }

    private static string Difference(string folder, string found, ExportIdentity identity)
    {
        var old = found.Split(' ');
        var differing = identity.ToString().Split(' ').Where(part => !old.Contains(part)).Select(part => part.Split('=')[0]).ToArray();
        if (differing.Contains("checkpoint"))
            throw new IOException($"'{folder}' holds an unfinished export of other weights: the name, size or time of a weight file is not "
                + "what it was. Remove it to begin again, or choose another output.");
        return differing.Contains("tool") ? "the unfinished export was begun by another version of this tool"
            : "the unfinished export was begun with other options or another config.json";
    }

    /// <returns>Whether there is something to continue.</returns>
    private bool Prepare(PartialState state)
    {
        var data = Path.Combine(ModelFolder, OnnxModelWriter.DataFile);
        if (state.StartsOver is null && state.Resumes.Count > 0)
        {
            // small files are written again: another run may have had other adapters
            foreach (var path in Directory.EnumerateFiles(ModelFolder, "*", SearchOption.AllDirectories).Where(path => path != data))
                File.Delete(path);
            return true;
        }
        if (Directory.Exists(ModelFolder))
            Directory.Delete(ModelFolder, recursive: true);
        if (state.StartsOver is not null)
            File.Delete(Path.Combine(_folder, JournalFile));
        return false;
    }

    private void Remove()
    {
        _journal.Dispose();
        File.Delete(Path.Combine(_folder, JournalFile));
        _lock.Dispose();
        File.Delete(Path.Combine(_folder, LockFile));
        try
        {
            Directory.Delete(_folder);
        }
        catch (IOException) when (Directory.Exists(_folder))
        {
            // another process has taken the folder since the lock was released: it is its own now
        }
    }
}
