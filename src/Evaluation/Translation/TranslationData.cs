namespace XlLoraOnnx.Evaluation;

/// <summary>Finds translations and references in what was given.</summary>
internal sealed class TranslationData
{
    private readonly TranslationOptions _options;
    private readonly CancellationToken _cancellationToken;
    private readonly List<TranslationSet> _sets = [];
    private readonly List<string> _skipped = [];
    private readonly List<UnreadableData> _unreadable = [];

    private TranslationData(TranslationOptions options, CancellationToken cancellationToken) =>
        (_options, _cancellationToken) = (options, cancellationToken);

    public IReadOnlyList<TranslationSet> Sets => _sets;

    public IReadOnlyList<string> Skipped => _skipped;

    public IReadOnlyList<UnreadableData> Unreadable => _unreadable;

    public static async Task<TranslationData> ReadAsync(
        IReadOnlyList<string> paths, IReadOnlyDictionary<string, string> systems, TranslationOptions options,
        CancellationToken cancellationToken)
    {
        var data = new TranslationData(options, cancellationToken);
        foreach (var path in paths.Concat(systems.Values).Where(p => !File.Exists(p) && !Directory.Exists(p)))
            throw new FileNotFoundException($"There is no file or folder {path} to evaluate translations of.", path);
        if (systems.Count == 0)
            await data.ReadTablesAsync(paths).ConfigureAwait(false);
        else if (paths is [var folder] && Directory.Exists(folder))
            await data.ReadFloresAsync(folder, systems).ConfigureAwait(false);
        else
            await data.ReadLinesAsync(paths, systems).ConfigureAwait(false);
        data.KeepSubset(paths);
        data.ThrowIfSameNames();
        return data;
    }

    private async Task ReadTablesAsync(IReadOnlyList<string> paths)
    {
        foreach (var path in paths)
        {
            if (FloresFolder.IsOne(path))
                throw new ArgumentException(
                    $"{path} is a FLORES folder, which has the references; give the translations with --hypotheses.");
            if (File.Exists(path))
                _sets.AddRange(await TranslationTable.ReadAsync(path, _options, _cancellationToken).ConfigureAwait(false));
            else
                await ReadFolderAsync(path).ConfigureAwait(false);
        }
    }

    /// <summary>A file of a folder that cannot be used does not keep the others from it.</summary>
    private async Task ReadFolderAsync(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            if (!DataFile.HasKnownEnding(file))
            {
                _skipped.Add($"{Path.GetFileName(file)} left out: it has none of the endings {string.Join(", ", DataFile.KnownEndings)}");
                continue;
            }
            try
            {
                _sets.AddRange(await TranslationTable.ReadAsync(file, _options, _cancellationToken).ConfigureAwait(false));
            }
            catch (Exception e) when (e is InvalidDataException or NotSupportedException or IOException or UnauthorizedAccessException)
            {
                _unreadable.Add(new UnreadableData(file, e.Message));
            }
        }
    }

    private async Task ReadFloresAsync(string folder, IReadOnlyDictionary<string, string> systems)
    {
        var flores = FloresFolder.Open(folder, _options.Split);
        var found = new List<(string Pair, string System, string Path, bool IsNamed)>();
        foreach (var (system, path) in systems)
        {
            var files = Directory.Exists(path) ? Directory.EnumerateFiles(path).Order(StringComparer.Ordinal).ToList() : [path];
            foreach (var file in files)
            {
                var pair = flores.PairOf(file) ?? (files is [var only] && only == path ? _options.Subset : null);
                if (pair is not null)
                    found.Add((pair, system, file, file == path));
                else if (file == path)
                    throw new InvalidDataException(
                        $"{file}: the name says no pair of languages; call it SOURCE-TARGET.txt, such as eng_Latn-hau_Latn.txt, or give " +
                        $"--subset. The folder has {flores.Languages.Count} languages in the split {flores.Split}.");
                else
                    _skipped.Add($"{Path.GetFileName(file)} of {system} left out: its name is no pair of languages of {folder}");
            }
        }
        foreach (var pair in found.GroupBy(f => f.Pair))
        {
            var references = await Lines.ReadAsync(flores.FileOf(pair.Key.Split('-')[^1]), _cancellationToken).ConfigureAwait(false);
            var set = new TranslationSet
            {
                TaskName = _options.TaskName ?? FloresFolder.TaskName,
                Split = flores.Split,
                Subset = pair.Key,
                References = [.. references.Texts.Select(r => new[] { r })],
                Systems = [],
                Source = references.Path,
            };
            await AddAsync(set, references, [.. pair.Select(p => (p.System, p.Path, p.IsNamed))]).ConfigureAwait(false);
        }
    }

    private async Task ReadLinesAsync(IReadOnlyList<string> paths, IReadOnlyDictionary<string, string> systems)
    {
        if (paths.Concat(systems.Values).FirstOrDefault(Directory.Exists) is { } folder)
            throw new ArgumentException(
                $"{folder} is a folder. With --hypotheses, --data is one FLORES folder, or text files of references; then the hypotheses " +
                "are files too.");
        var references = new List<Lines>();
        foreach (var path in paths)
        {
            references.Add(await Lines.ReadAsync(path, _cancellationToken).ConfigureAwait(false));
            references[^1].ThrowIfNotAsLongAs(references[0]);
        }
        var set = new TranslationSet
        {
            TaskName = _options.TaskName ?? Path.GetFileNameWithoutExtension(paths[0]),
            Split = _options.Split ?? "test",
            Subset = _options.Subset ?? "default",
            References = [.. references[0].Texts.Select((_, i) => references.Select(r => r.Texts[i]).ToArray())],
            Systems = [],
            Source = string.Join(", ", paths),
        };
        await AddAsync(set, references[0], [.. systems.Select(s => (s.Key, s.Value, IsNamed: true))]).ConfigureAwait(false);
    }

    /// <param name="files">One that is named by itself must be good; of a folder, the others go on.</param>
    private async Task AddAsync(TranslationSet set, Lines references, IReadOnlyList<(string System, string Path, bool IsNamed)> files)
    {
        var systems = new List<KeyValuePair<string, IReadOnlyList<string>>>();
        foreach (var (system, path, isNamed) in files)
        {
            try
            {
                var hypotheses = await Lines.ReadAsync(path, _cancellationToken).ConfigureAwait(false);
                hypotheses.ThrowIfNotAsLongAs(references);
                systems.Add(new(system, hypotheses.Texts));
            }
            catch (InvalidDataException e) when (!isNamed)
            {
                _unreadable.Add(new UnreadableData(path, e.Message));
            }
        }
        if (systems.Count > 0)
            _sets.Add(set with { Systems = systems });
    }

    private void KeepSubset(IReadOnlyList<string> paths)
    {
        var found = _sets.Select(s => s.Subset).Distinct().ToList();
        if (_options.Subset is { } subset)
            _sets.RemoveAll(s => s.Subset != subset);
        if (_sets.Count > 0)
            return;
        string[] reasons = [.. _unreadable.Select(u => u.ToString().TrimEnd('.')), .. _skipped];
        throw new InvalidDataException(
            $"There are no translations to evaluate in {string.Join(", ", paths)}" +
            (found.Count > 0 ? $" for {_options.Subset}; there is {string.Join(", ", found)}." :
                reasons.Length == 0 ? "." : $": {string.Join("; ", reasons)}."));
    }

    /// <summary>Two results of one name would overwrite each other.</summary>
    private void ThrowIfSameNames()
    {
        var results = _sets.SelectMany(s => s.Systems.Select(system => (Name: (system.Key, s.TaskName, s.Split, s.Subset), s.Source)));
        if (results.GroupBy(r => r.Name).FirstOrDefault(g => g.Count() > 1) is { } same)
            throw new InvalidDataException(
                $"{string.Join(" and ", same.Select(r => r.Source))} would both be filed as {same.Key.Key}, {same.Key.TaskName}, split " +
                $"{same.Key.Split}, subset {same.Key.Subset}; evaluate them one by one, with names of their own.");
    }
}
