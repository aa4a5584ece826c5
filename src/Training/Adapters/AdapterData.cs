namespace XlLoraOnnx.Training;

/// <summary>The rows that an adapter is trained on, in the order of the file.</summary>
/// <remarks>A cell without a text refuses the file, with its line: a prompt or an answer of nothing teaches nothing.</remarks>
internal sealed class AdapterData
{
    private readonly IReadOnlyList<(string Question, string Answer)> _rows;
    private readonly IReadOnlyList<(ColumnFile File, int First)> _files;
    private readonly IReadOnlyList<long> _numbers;

    private AdapterData(Reader reader, Dataset dataset, TrainingPrompt prompt, string sha256)
    {
        (_rows, _files, _numbers) = (reader.Rows, reader.Files, reader.Numbers);
        (Notice, Prompt, Sha256) = (dataset.Notice, prompt, sha256);
        Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataset.Path)));
    }

    /// <summary>Of the file or folder.</summary>
    public string Name { get; }

    public TrainingPrompt Prompt { get; }

    public int Rows => _rows.Count;

    /// <summary>As <see cref="DataSum"/> makes it.</summary>
    public string Sha256 { get; }

    /// <summary>What tells this data from other data: <see cref="Sha256"/> and how many rows are taken of it.</summary>
    public string Fingerprint => FormattableString.Invariant($"{Sha256}:{Rows}");

    /// <summary>Which files are read as one; null for a single one.</summary>
    public string? Notice { get; }

    public (string Question, string Answer) this[int row] => _rows[row];

    /// <summary>Where a row lies, for messages.</summary>
    public string Where(int row) => _files.Last(f => f.First <= row).File.Describe(_numbers[row]);

    /// <param name="path">What <see cref="Dataset.Open"/> takes, standard input excepted.</param>
    /// <exception cref="InvalidDataException">It is malformed, has no row, other columns, or cells without a text.</exception>
    public static async Task<AdapterData> ReadAsync(string path, AdapterTrainingOptions options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path == StrictUtf8.StandardInput)
            throw new NotSupportedException(
                "Training data is read again when a run is taken up, which standard input cannot be: give a file.");
        var dataset = Dataset.Open(path);
        var reader = new Reader(options);
        foreach (var file in dataset.Files)
            await reader.AddAsync(file, cancellationToken).ConfigureAwait(false);
        var prompt = reader.Check(path);
        return new AdapterData(reader, dataset, prompt, await DataSum.OfAsync(dataset.Files, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Takes the rows of files one after the other.</summary>
    private sealed class Reader(AdapterTrainingOptions options)
    {
        private const int MostShown = 5;

        private readonly int _most = options.TrainRows ?? int.MaxValue;
        private readonly List<(ColumnFile File, int First)> _files = [];
        private readonly List<(string Question, string Answer)> _rows = [];
        private readonly List<long> _numbers = [];
        private readonly List<string> _empty = [];
        private TrainingPrompt? _prompt;

        public IReadOnlyList<(ColumnFile File, int First)> Files => _files;

        public IReadOnlyList<(string Question, string Answer)> Rows => _rows;

        public IReadOnlyList<long> Numbers => _numbers;

        public async Task AddAsync(string name, CancellationToken cancellationToken)
        {
            if (_rows.Count == _most)
                return;
            var file = await ColumnFile.OpenAsync(name, cancellationToken).ConfigureAwait(false);
            _files.Add((file, _rows.Count));
            (string[]? names, int[] places) = (null, []);
            await foreach (var row in file.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (names is null || names != row.Names && !names.AsSpan().SequenceEqual(row.Names))
                    (names, places) = (row.Names, Places(row.Names, file.Header is null ? file.Describe(row.Number) : name));
                Add(file, row, row.Texts(places));
                if (_rows.Count == _most)
                    return;
            }
            if (file.Header is { } header)
                Places(header, name);
        }

        public TrainingPrompt Check(string path)
        {
            if (_empty.Count > 0)
                throw new InvalidDataException($"{path} has {_empty.Count} cells without a text: "
                    + string.Join("; ", _empty.Take(MostShown))
                    + (_empty.Count > MostShown ? "; …" : "") + ". Leave these rows out, or fill them.");
            return _rows.Count > 0 ? _prompt! : throw new InvalidDataException($"{path} has no row to train on"
                + (_files is [{ File.Header: { } header }] ? $", only the header {string.Join(", ", header)}." : "."));
        }

        private int[] Places(string[] names, string where)
        {
            var prompt = TrainingPrompt.Find(names, options.Side, options.PromptSet, where);
            _prompt ??= prompt;
            if (prompt.Name != _prompt.Name)
                throw new InvalidDataException($"{where} has {prompt.QuestionColumn} and {prompt.AnswerColumn}, and the rows before have "
                    + $"{_prompt.QuestionColumn} and {_prompt.AnswerColumn}; all must be of one kind.");
            string[] wanted = [prompt.QuestionColumn, prompt.AnswerColumn];
            foreach (var name in wanted.Where(w => names.Count(n => n == w) > 1))
                throw new InvalidDataException(
                    $"{where} has {names.Count(n => n == name)} columns named \"{name}\"; it needs exactly one.");
            return Array.ConvertAll(wanted, name => Array.IndexOf(names, name));
        }

        private void Add(ColumnFile file, ColumnRow row, string?[] texts)
        {
            if (Array.FindIndex(texts, string.IsNullOrWhiteSpace) is >= 0 and var empty)
                _empty.Add($"{file.Describe(row.Number)} (\"{(empty == 0 ? _prompt!.QuestionColumn : _prompt!.AnswerColumn)}\")");
            _rows.Add((texts[0] ?? "", texts[1] ?? ""));
            _numbers.Add(row.Number);
        }
    }
}
