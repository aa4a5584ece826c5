namespace XlLoraOnnx.Evaluation;

/// <summary>Finds data in files and folders and reads what the task asks for.</summary>
/// <remarks>A file that is named by itself must be good; one that was found in a folder is set aside with its reason where it is not, and
/// the others go on.</remarks>
internal sealed class DataFinder
{
    private readonly EvaluationOptions _options;
    private readonly CancellationToken _cancellationToken;
    private readonly List<EvaluationData> _data = [];
    private readonly List<string> _skipped = [];
    private readonly List<UnreadableData> _unreadable = [];
    private readonly List<string> _notices = [];

    private DataFinder(EvaluationOptions options, CancellationToken cancellationToken) =>
        (_options, _cancellationToken) = (options, cancellationToken);

    /// <exception cref="InvalidDataException">A given file is no known data or malformed, or nothing fits the task.</exception>
    public static async Task<FoundData> ReadAsync(
        IReadOnlyList<string> paths, EvaluationOptions options, CancellationToken cancellationToken)
    {
        var finder = new DataFinder(options, cancellationToken);
        foreach (var path in paths)
        {
            if (Directory.Exists(path))
                await finder.ReadFolderAsync(path, nested: false, card: null).ConfigureAwait(false);
            else if (!File.Exists(path) && ShardName.Parse(Path.GetFileName(path)) is not { Index: null })
                throw new FileNotFoundException($"There is no file or folder {path} to evaluate on.", path);
            else if (await new FoundFile(path, options, finder._data, cancellationToken).ReadAsync().ConfigureAwait(false) is { } reason)
                throw new InvalidDataException($"{path} is no data to evaluate on: {reason}.");
        }
        finder.SetAsideSameNames();
        return new FoundData(finder._data, finder._skipped, finder._unreadable, finder._notices).ThrowIfEmpty(paths, options.Task);
    }

    /// <param name="card">Of the folder above.</param>
    private async Task ReadFolderAsync(string folder, bool nested, DatasetCard? card)
    {
        card = await ReadCardAsync(folder).ConfigureAwait(false) ?? card;
        if (BeirFolder.IsOne(folder))
        {
            if (_options.Task is EvaluationTask.All or EvaluationTask.Retrieval)
                await TryAsync(folder, nested, async data =>
                {
                    data.Add(await BeirFolder.ReadAsync(folder, card, _options, _cancellationToken).ConfigureAwait(false));
                    return null;
                }).ConfigureAwait(false);
            return;
        }
        var files = Directory.EnumerateFiles(folder).Where(f => f != card?.Path).Order(StringComparer.Ordinal);
        foreach (var file in Dataset.WithShardsTogether(files))
        {
            var options = _options with { Card = card?.Entry(file) };
            await TryAsync(file, inFolder: true, data => new FoundFile(file, options, data, _cancellationToken).ReadAsync())
                .ConfigureAwait(false);
        }
        if (nested)
            return;
        foreach (var inner in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
            await ReadFolderAsync(inner, nested: true, card).ConfigureAwait(false);
    }

    private async Task<DatasetCard?> ReadCardAsync(string folder)
    {
        DatasetCard? card = null;
        await TryAsync(Path.Combine(folder, DatasetCard.FileName), inFolder: true, _ =>
        {
            card = DatasetCard.Read(folder);
            return Task.FromResult<string?>(null);
        }).ConfigureAwait(false);
        _notices.AddRange(card?.Notices ?? []);
        return card;
    }

    /// <param name="inFolder">Whether others can go on without it.</param>
    private async Task TryAsync(string path, bool inFolder, Func<List<EvaluationData>, Task<string?>> read)
    {
        var found = new List<EvaluationData>();
        try
        {
            if (await read(found).ConfigureAwait(false) is { } reason)
                _skipped.Add($"{Path.GetFileName(path)} left out: {reason}");
            _data.AddRange(found.Select(d => d with { FromFolder = inFolder }));
        }
        catch (Exception e) when (inFolder && e is InvalidDataException or NotSupportedException or IOException
            or UnauthorizedAccessException)
        {
            _unreadable.Add(new UnreadableData(path, e.Message));
        }
    }

    /// <summary>Two results of one name would overwrite each other, and nobody can say which of them is meant.</summary>
    private void SetAsideSameNames()
    {
        var groups = _data.GroupBy(d => (d.Name.TaskName, d.Name.Split, d.Name.Subset, d is StsData)).Where(g => g.Count() > 1).ToList();
        foreach (var same in groups)
        {
            var problem = $"{string.Join(" and ", same.Select(d => d.Source))} would both be filed as {same.Key.TaskName}, split " +
                $"{same.Key.Split}, subset {same.Key.Subset}; evaluate them one by one, with names of their own.";
            if (same.Any(d => !d.FromFolder))
                throw new InvalidDataException(problem);
            foreach (var data in same)
            {
                _data.Remove(data);
                _unreadable.Add(new UnreadableData(data.Source, problem));
            }
        }
    }
}
