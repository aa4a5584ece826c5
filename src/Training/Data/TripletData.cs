namespace XlLoraOnnx.Training;

/// <summary>The texts that an encoder is trained on, in the order of the file.</summary>
/// <remarks>
/// <para>Columns are found by <see cref="TripletColumns"/>. The first row of a table is its header, as in the reference (which reads CSV
/// with the datasets library).</para>
/// <para>A cell without a text refuses the file, with its line, whichever column it is in. The reference (XL-LoRA, simcse_train.py) puts a
/// single space there and trains on nothing but special tokens.</para>
/// </remarks>
internal sealed class TripletData
{
    // of a folder that synthesize wrote, the one that every run has last
    private static readonly string[] OfRun = ["triplets.csv", "triplets.parquet", "triplets.jsonl"];

    private readonly string[][] _texts;
    private readonly List<long> _numbers;
    private readonly IReadOnlyList<(ColumnFile File, int First)> _files;

    private TripletData(string path, TripletKind kind, IReadOnlyList<(ColumnFile File, int First)> files, string[][] texts,
        List<long> numbers, string sha256, string? notice)
    {
        (Path, Kind, Sha256, Notice) = (path, kind, sha256, notice);
        (_files, _texts, _numbers) = (files, texts, numbers);
    }

    /// <summary>As it was given.</summary>
    public string Path { get; }

    /// <summary>Name of the file or folder alone.</summary>
    public string Name => System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(Path)));

    public TripletKind Kind { get; }

    public int Rows => _texts.Length;

    /// <summary>Different texts of a row: one, two or three.</summary>
    public int Columns => (int)Kind + 1;

    /// <summary>As <see cref="DataSum"/> makes it.</summary>
    public string Sha256 { get; }

    /// <summary>What tells this data from other data: <see cref="Sha256"/> and how many rows are taken of it.</summary>
    public string Fingerprint => FormattableString.Invariant($"{Sha256}:{Rows}");

    /// <summary>Which files are read as one; null for a single one.</summary>
    public string? Notice { get; }

    public IReadOnlyList<string> this[int row] => _texts[row];

    /// <summary>Where a row lies, for messages.</summary>
    public string Where(int row) => _files.Last(f => f.First <= row).File.Describe(_numbers[row]);

    /// <param name="path">What <see cref="Dataset.Open"/> takes, standard input excepted; or a run of synthesize, whose triplets are
    /// taken.</param>
    /// <param name="split">Of a folder with several.</param>
    /// <param name="rows">The first so many; null for all.</param>
    /// <exception cref="InvalidDataException">It is malformed, has no row, other columns, or cells without a text.</exception>
    public static async Task<TripletData> ReadAsync(
        string path, string? split = null, int? rows = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (rows < 1)
            throw new ArgumentOutOfRangeException(nameof(rows), rows, $"The number of training rows is {rows}; it must be at least 1.");
        if (path == StrictUtf8.StandardInput)
            throw new NotSupportedException(
                "Training data is read again when a run is taken up, which standard input cannot be: give a file.");
        var found = Directory.Exists(path) ? OfRun.Select(name => System.IO.Path.Combine(path, name)).FirstOrDefault(File.Exists) : null;
        var dataset = Dataset.Open(found ?? path, split);
        var reader = new Reader(path, rows ?? int.MaxValue);
        foreach (var file in dataset.Files)
            await reader.AddAsync(file, cancellationToken).ConfigureAwait(false);
        var sha256 = await DataSum.OfAsync(dataset.Files, cancellationToken).ConfigureAwait(false);
        return reader.ToData(sha256, dataset.Notice);
    }

    /// <summary>Takes the rows of files one after the other.</summary>
    private sealed class Reader(string path, int most)
    {
        private const int MostShown = 5;

        private readonly List<(ColumnFile File, int First)> _files = [];
        private readonly List<string[]> _texts = [];
        private readonly List<long> _numbers = [];
        private readonly List<string> _empty = [];
        private TripletColumns? _columns;
        private int _emptyRows;

        public async Task AddAsync(string name, CancellationToken cancellationToken)
        {
            if (_texts.Count == most)
                return;
            var file = await ColumnFile.OpenAsync(name, cancellationToken).ConfigureAwait(false);
            _files.Add((file, _texts.Count));
            string[]? names = null;
            TripletColumns? columns = null;
            await foreach (var row in file.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (columns is null || names != row.Names && !names.AsSpan().SequenceEqual(row.Names))
                    (names, columns) = (row.Names, Find(row.Names, file.Header is null ? file.Describe(row.Number) : file.Path));
                Add(file, row, columns);
                if (_texts.Count == most)
                    return;
            }
            if (file.Header is { } header)
                Find(header, file.Path);
        }

        public TripletData ToData(string sha256, string? notice)
        {
            if (_emptyRows > 0)
                throw new InvalidDataException($"{path} has {_emptyRows} rows with a cell without a text: {string.Join("; ", _empty)}"
                    + (_emptyRows > _empty.Count ? "; …" : "") + ". Leave these rows out, or fill them.");
            return _texts.Count > 0 ? new TripletData(path, _columns!.Kind, _files, [.. _texts], _numbers, sha256, notice)
                : throw new InvalidDataException($"{path} has no row to train on"
                    + (_files is [{ File.Header: { } header }] ? $", only the header {string.Join(", ", header)}" : "")
                    + $". Training data has {TripletColumns.Allowed}.");
        }

        private TripletColumns Find(string[] names, string where)
        {
            var columns = TripletColumns.Find(names, where);
            _columns ??= columns;
            return columns.Kind == _columns.Kind ? columns : throw new InvalidDataException(
                $"{where} has the columns {string.Join(", ", names)}, which are {columns.Kind}, and the rows before are {_columns.Kind}; "
                + "all must be of one kind.");
        }

        private void Add(ColumnFile file, ColumnRow row, TripletColumns columns)
        {
            var texts = row.Texts(columns.Places);
            var empty = Array.FindIndex(texts, string.IsNullOrWhiteSpace);
            if (empty >= 0)
            {
                _emptyRows++;
                if (_empty.Count < MostShown)
                    _empty.Add($"{file.Describe(row.Number)} (\"{row.Names[columns.Places[empty]]}\")");
            }
            _texts.Add(texts!);
            _numbers.Add(row.Number);
        }
    }
}
