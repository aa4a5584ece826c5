namespace XlLoraOnnx.Runtime;

/// <summary>Writes triplets as CSV (<c>sent0,sent1,hard_neg</c>) in the order of the anchors, whatever order they arrive in.</summary>
/// <remarks>
/// Rows go to <see cref="PartialPath"/>, which becomes the output only in <see cref="Complete"/>; an older output stays until then, and the
/// partial file of an earlier run is kept under a number. A partial file always ends in a whole row. UTF-8 without byte order mark, line
/// ends <c>\n</c>. For one thread at a time.
/// </remarks>
public sealed class TripletWriter : IDisposable
{
    private readonly string _path;
    private readonly PartialFile _file;
    private readonly Dictionary<long, SynthesisResult> _held = [];
    private long _next;
    private bool _ended;

    /// <summary>Opens the partial file beside the output and writes the header.</summary>
    /// <param name="path">The output.</param>
    /// <param name="firstRowId">Row id of the first anchor; the following ones have no gap.</param>
    /// <exception cref="IOException">The file cannot be written, or another run is writing it.</exception>
    public TripletWriter(string path, long firstRowId = 0)
        : this(path, firstRowId, PartialFile.Create)
    {
    }

    /// <summary>With another way to open the partial file, so that failing disks can be tried.</summary>
    internal TripletWriter(string path, long firstRowId, Func<string, Stream> open)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            throw new ArgumentException($"{path} is a folder; give the name of the file to write.", nameof(path));
        _path = path;
        _next = firstRowId;
        PartialPath = path + ".partial";
        PartialFile.SetAside(PartialPath);
        _file = new PartialFile(PartialPath, open);
        try
        {
            _file.Append(TripletRow.Header, isRow: false);
            _file.Flush();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Where rows are until <see cref="Complete"/>.</summary>
    public string PartialPath { get; }

    /// <summary>Triplets that have been handed to the operating system.</summary>
    public long TripletsWritten => _file.RowsWritten;

    /// <summary>Takes one result; it is written once all earlier rows have arrived. Rejected rows are only counted as arrived.</summary>
    /// <exception cref="IOException">Writing failed; what was written before is kept, and the writer takes nothing more.</exception>
    public void Add(SynthesisResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        ObjectDisposedException.ThrowIf(_ended, this);
        if (result.RowId < _next || !_held.TryAdd(result.RowId, result))
            throw new ArgumentException(
                $"Row {result.RowId} has been given before, or lies before the first row of this output.", nameof(result));
        while (_held.Remove(_next, out var next))
        {
            _next++;
            Write(next);
        }

        // Nothing waits: the end of a window. What is finished should survive the process.
        if (_held.Count == 0)
            _file.Flush();
    }

    /// <summary>Makes the rows durable and gives them the output's name, in place of an older output.</summary>
    /// <exception cref="InvalidOperationException">A row in between never arrived; the partial file stays.</exception>
    /// <exception cref="IOException">Writing or renaming failed; the partial file stays.</exception>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        if (_held.Count > 0)
            throw new InvalidOperationException(
                $"Row {_next} has not arrived, but {_held.Count} later rows have; {_path} is not complete, see {PartialPath}.");
        _file.Flush();
        _file.FlushToDisk();
        _ended = true;
        _file.Dispose();
        File.Move(PartialPath, _path, overwrite: true);
    }

    /// <summary>If not completed: writes what is held back, in order, and leaves the partial file, unless it holds no triplet.</summary>
    public void Dispose()
    {
        if (_ended)
            return;
        _ended = true;
        try
        {
            if (_file.HasFailed)
                return;
            foreach (var row in _held.Values.OrderBy(r => r.RowId))
                Write(row);
            _file.Flush();
        }
        finally
        {
            _file.Dispose();
            // A run that failed before its first triplet leaves nothing to look at.
            if (TripletsWritten == 0)
                File.Delete(PartialPath);
        }
    }

    private void Write(SynthesisResult result)
    {
        if (result.IsTriplet)
            _file.Append(TripletRow.Render(result), isRow: true);
    }
}
