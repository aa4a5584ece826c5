
namespace XlLoraOnnx.Evaluation;

/// <summary>Recognises data in files and folders, by what is in them, and reads what the task asks for.</summary>
internal static class DataFinder
{
    /// <returns>All data found, and a sentence for each file of a folder that is none.</returns>
    /// <exception cref="InvalidDataException">A given file is no known data, a file is malformed, or nothing fits the task.</exception>
    public static async Task<(IReadOnlyList<EvaluationData> Data, IReadOnlyList<string> Skipped)> ReadAsync(
        IReadOnlyList<string> paths, EvaluationOptions options, CancellationToken cancellationToken)
    {
        var data = new List<EvaluationData>();
        var skipped = new List<string>();
        foreach (var path in paths)
        {
            if (Directory.Exists(path))
                await ReadFolderAsync(path, options, data, skipped, cancellationToken).ConfigureAwait(false);
            else if (!File.Exists(path) && ShardName.Parse(Path.GetFileName(path)) is not { Index: null })
                throw new FileNotFoundException($"There is no file or folder {path} to evaluate on.", path);
            else if (await ReadFileAsync(path, options, data, cancellationToken).ConfigureAwait(false) is { } reason)
                throw new InvalidDataException($"{path} is no data to evaluate on: {reason}.");
        }
        if (data.Count == 0)
            throw new InvalidDataException(
                $"There is nothing to evaluate {Wanted(options.Task)} on in {string.Join(", ", paths)}" +
                (skipped.Count == 0 ? "." : $": {string.Join("; ", skipped)}."));
        var same = data.GroupBy(d => (d.Name.TaskName, d.Name.Split, d.Name.Subset, d is StsData)).FirstOrDefault(g => g.Count() > 1);
        if (same is not null)
            throw new InvalidDataException(
                $"{string.Join(" and ", same.Select(d => d.Source))} would both be filed as {same.Key.TaskName}, split " +
                $"{same.Key.Split}, subset {same.Key.Subset}; evaluate them one by one, with names of their own.");
        return (data, skipped);
    }

    private static async Task ReadFolderAsync(
        string folder, EvaluationOptions options, List<EvaluationData> data, List<string> skipped, CancellationToken cancellationToken,
        bool nested = false)
    {
        if (BeirFolder.IsOne(folder))
        {
            if (options.Task is EvaluationTask.All or EvaluationTask.Retrieval)
                data.Add(await BeirFolder.ReadAsync(folder, options, cancellationToken).ConfigureAwait(false));
            return;
        }
        foreach (var file in Dataset.WithShardsTogether(Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)))
        {
            if (await ReadFileAsync(file, options, data, cancellationToken).ConfigureAwait(false) is { } reason)
                skipped.Add($"{Path.GetFileName(file)} left out: {reason}");
        }
        if (nested)
            return;
        foreach (var inner in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
            await ReadFolderAsync(inner, options, data, skipped, cancellationToken, nested: true).ConfigureAwait(false);
    }

    /// <returns>Why the file is no data; null where it was read, or is data for another task.</returns>
    private static async Task<string?> ReadFileAsync(
        string path, EvaluationOptions options, List<EvaluationData> data, CancellationToken cancellationToken)
    {
        var pairs = options.Task is not EvaluationTask.Retrieval;
        var retrieval = options.Task is EvaluationTask.All or EvaluationTask.Retrieval;
        if (!DataFile.HasKnownEnding(path))
            return $"its name ends in none of {string.Join(", ", DataFile.KnownEndings)}";
        switch ((await DataFile.ShapeAsync(Dataset.Open(path).Files[0], cancellationToken).ConfigureAwait(false)).Kind)
        {
            case DataKind.Table:
                if (await StsReader.RecognizeTableAsync(path, cancellationToken).ConfigureAwait(false) is not { } columns)
                    return "its columns are not those of sentence pairs (sentence1, sentence2, score)";
                if (pairs)
                    await AddPairsAsync(path, columns.Layout, await StsReader.ReadTableAsync(path, columns, cancellationToken)
                        .ConfigureAwait(false), options, data, cancellationToken).ConfigureAwait(false);
                return null;
            case DataKind.JsonObject:
                return await ReadJsonAsync(path, options, retrieval, data, cancellationToken).ConfigureAwait(false);
            default:
                return await ReadJsonLinesAsync(path, options, pairs, retrieval, data, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<string?> ReadJsonLinesAsync(
        string path, EvaluationOptions options, bool pairs, bool retrieval, List<EvaluationData> data, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> fields = [];
        await foreach (var row in DataLines.ReadJsonAsync(path, cancellationToken).ConfigureAwait(false))
        {
            fields = row.Names;
            break;
        }
        // one object on one line
        if (IsWholeSet(fields))
            return await ReadJsonAsync(path, options, retrieval, data, cancellationToken).ConfigureAwait(false);
        if (fields.Contains("positive_passages"))
        {
            if (retrieval)
                data.Add(await RetrievalFiles.ReadMiraclAsync(path, options, cancellationToken).ConfigureAwait(false));
        }
        else if (fields.Contains("flores_passage"))
        {
            if (retrieval)
                data.Add(await RetrievalFiles.ReadBelebeleAsync(path, options, cancellationToken).ConfigureAwait(false));
        }
        else if (StsReader.Recognize(fields, path) is { } columns)
        {
            if (pairs)
                await AddPairsAsync(path, columns.Layout, await StsReader.ReadJsonLinesAsync(path, cancellationToken).ConfigureAwait(false),
                    options, data, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            return $"its first row has the fields {string.Join(", ", fields)}, neither those of sentence pairs nor of Belebele or MIRACL, neither corpus, queries and qrels nor the paragraphs of IndicQA";
        }
        return null;
    }

    private static async Task<string?> ReadJsonAsync(
        string path, EvaluationOptions options, bool retrieval, List<EvaluationData> data, CancellationToken cancellationToken)
    {
        string[] names;
        using (var document = UntrustedJson.Parse(path, 1L << 30))
            names = [.. document.RootElement.EnumerateObject().Select(p => p.Name)];
        if (names.Contains("corpus") && names.Contains("queries"))
        {
            if (retrieval)
                data.Add(await RetrievalFiles.ReadJsonAsync(path, options, cancellationToken).ConfigureAwait(false));
        }
        else if (names.Contains("data") || names.Contains("paragraphs"))
        {
            if (retrieval)
                data.Add(await RetrievalFiles.ReadIndicQaAsync(path, options, cancellationToken).ConfigureAwait(false));
        }
        else
        {
            return "it is a JSON object, but has neither corpus, queries and qrels, nor the paragraphs of IndicQA";
        }
        return null;
    }

    private static bool IsWholeSet(IReadOnlyList<string> fields) =>
        fields.Contains("corpus") && fields.Contains("queries") || fields.Contains("data") || fields.Contains("paragraphs");

    /// <summary>One set of data for each subset that the file itself names.</summary>
    private static async Task AddPairsAsync(
        string path, string layout, List<StsPair> pairs, EvaluationOptions options, List<EvaluationData> data,
        CancellationToken cancellationToken)
    {
        var fingerprint = await DataLines.FingerprintAsync([path], cancellationToken).ConfigureAwait(false);
        var subsets = pairs.GroupBy(p => p.Subset).ToList();
        var named = subsets.Any(s => s.Key is not null);
        if (named && options.Subset is { } wanted && subsets.All(s => s.Key != wanted))
            throw new InvalidDataException(
                $"{path} has no subset \"{wanted}\"; its column lang has " +
                $"{string.Join(", ", subsets.Select(s => $"\"{s.Key}\"").Order())}.");
        foreach (var subset in subsets.Where(s => !named || options.Subset is null || s.Key == options.Subset))
        {
            StsPair[] own = [.. subset];
            var empty = own.Sum(p => (string.IsNullOrWhiteSpace(p.Sentence1) ? 1 : 0) + (string.IsNullOrWhiteSpace(p.Sentence2) ? 1 : 0));
            data.Add(new StsData
            {
                Name = DataNames.Find(path, options, named ? "STS17" : null, subset: subset.Key),
                Source = path,
                Layout = layout,
                Fingerprint = fingerprint,
                Pairs = own,
                Findings = empty > 0 ? [$"{empty} sentences are empty"] : [],
            });
        }
    }

    private static string Wanted(EvaluationTask task) => task switch
    {
        EvaluationTask.All => "anything",
        EvaluationTask.Sts => "sts",
        EvaluationTask.Retrieval => "retrieval",
        _ => "alignment",
    };
}
