using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Training;

/// <summary>
/// The folder of a run, of one process at a time: <c>checkpoint-STEP</c> (the last one and the one before it), <c>best-STEP</c>,
/// <c>curves.csv</c> and <c>curves.svg</c>.
/// </summary>
internal sealed class TrainingRunFolder : IDisposable
{
    private const string LockFile = "training.lock";
    private const string CheckpointPrefix = "checkpoint-";
    private const string BestPrefix = "best-";

    private readonly string _path;
    private readonly FileStream _lock;

    /// <exception cref="IOException">Another process works there, or something else is there.</exception>
    public TrainingRunFolder(string path)
    {
        _path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var lockFile = Path.Combine(_path, LockFile);
        if (File.Exists(_path))
            throw new IOException($"'{_path}' is a file. Choose another folder for the run.");
        if (Directory.Exists(_path) && !File.Exists(lockFile) && Directory.EnumerateFileSystemEntries(_path).Any())
            throw new IOException($"The folder '{_path}' is not empty and holds no training. Remove it or choose another one.");
        Directory.CreateDirectory(_path);
        try
        {
            _lock = new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(lockFile))
        {
            throw new IOException($"Another process is training in '{_path}'. Wait for it, or choose another folder.", e);
        }
        try
        {
            foreach (var left in Directory.GetFileSystemEntries(_path, "*" + WholeFolder.Partial))
                Remove(left);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>The last checkpoint that is known to be whole: read or written by this process.</summary>
    public string? Last { get; private set; }

    /// <summary>Reads the newest checkpoint that is whole into the parameters and moments.</summary>
    /// <param name="notice">What is said of others that are not; null if there is nothing to say.</param>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="InvalidDataException">There are some, and all are damaged.</exception>
    /// <exception cref="IOException">They are of another training.</exception>
    public CheckpointState? Resume(string identity, IReadOnlyList<AdamMoments> moments, out string? notice)
    {
        List<string> damages = [];
        notice = null;
        foreach (var path in Folders(CheckpointPrefix))
        {
            CheckpointState state;
            try
            {
                state = TrainingCheckpoint.ReadState(path);
            }
            catch (InvalidDataException e)
            {
                damages.Add(e.Message);
                continue;
            }
            if (TrainingIdentity.Difference(state.Identity, identity) is { } difference)
                throw new IOException($"'{_path}' holds another training; what differs: {difference}. "
                    + "Give what it was begun with, or choose another folder (or remove this one) to begin again.");
            TrainingCheckpoint.Read(path, state, moments);
            Last = path;
            if (damages.Count > 0)
                notice = $"{string.Join(" ", damages)} The checkpoint before, '{path}', is whole and is used.";
            return state;
        }
        return damages.Count == 0 ? null : throw new InvalidDataException(
            $"{string.Join(" ", damages)} No checkpoint of '{_path}' is whole; remove the folder to begin again.");
    }

    /// <summary>Writes a checkpoint; the one before it stays.</summary>
    /// <exception cref="IOException">The disk is full, for example; the checkpoint before it is still there.</exception>
    public void Save(IReadOnlyList<AdamMoments> moments, CheckpointState state)
    {
        var path = Named(CheckpointPrefix, state.Step);
        Guard(path, () =>
        {
            // before there is the new one, so that no more than two lie on the disk
            foreach (var old in Folders(CheckpointPrefix).Where(p => p != Last))
                WholeFolder.Delete(old);
            TrainingCheckpoint.Write(path, moments, state);
        });
        Last = path;
    }

    public void WriteCurves(TrainingHistory history, int stepsPerEpoch)
    {
        Replace("curves.csv", TrainingCurvesCsv.Write(history, stepsPerEpoch));
        Replace("curves.svg", TrainingCurvesSvg.Draw(history));
    }

    /// <summary>Keeps the parameters as the best ones, instead of those before.</summary>
    public void SaveBest(IReadOnlyList<Parameter> parameters, long step)
    {
        var path = Named(BestPrefix, step);
        Guard(path, () =>
        {
            TrainingCheckpoint.WriteWeights(path, parameters);
            foreach (var old in Folders(BestPrefix).Where(p => p != path))
                WholeFolder.Delete(old);
        });
    }

    /// <exception cref="InvalidDataException">They are damaged.</exception>
    public void LoadBest(IReadOnlyList<Parameter> parameters, long step) =>
        TrainingCheckpoint.ReadWeights(Named(BestPrefix, step), parameters);

    public void Dispose() => _lock.Dispose();

    private string Named(string prefix, long step) => Path.Combine(_path, prefix + step.ToString(CultureInfo.InvariantCulture));

    /// <summary>The newest first.</summary>
    private IEnumerable<string> Folders(string prefix) => Directory.GetDirectories(_path, prefix + "*")
        .Select(path => (path, IsStep: long.TryParse(Path.GetFileName(path).AsSpan(prefix.Length), NumberStyles.None,
            CultureInfo.InvariantCulture, out var step), step))
        .Where(folder => folder.IsStep).OrderByDescending(folder => folder.step).Select(folder => folder.path);

    private void Guard(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"'{path}' cannot be written: {e.Message} {Cleared(path + WholeFolder.Partial)} "
                + (Last is null ? "There is no checkpoint yet. " : $"The last good checkpoint is '{Last}'. ")
                + $"Free space on that disk, or get the right to write there; the same command then goes on.", e);
        }
    }

    /// <summary>Removes what a failed checkpoint has taken of a full disk.</summary>
    private static string Cleared(string partial)
    {
        try
        {
            Remove(partial);
            return "What was written of it is removed.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"What was written of it cannot be removed: {e.Message}";
        }
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        else
            File.Delete(path);
    }

    private void Replace(string name, string text)
    {
        var path = Path.Combine(_path, name);
        Guard(path, () =>
        {
            using (var file = new FileStream(path + WholeFolder.Partial, FileMode.Create, FileAccess.Write))
            {
                file.Write(Encoding.UTF8.GetBytes(text));
                RunFaults.Pass(RunPoint.WithinWrite, path);
                file.Flush(flushToDisk: true);
            }
            RunFaults.Pass(RunPoint.BeforeRename, path);
            File.Move(path + WholeFolder.Partial, path, overwrite: true);
            RunFaults.Pass(RunPoint.AfterRename, path);
        });
    }
}
