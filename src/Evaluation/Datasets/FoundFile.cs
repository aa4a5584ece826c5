namespace XlLoraOnnx.Evaluation;

/// <summary>One file: recognised by what is in it, and read if it is data for the task.</summary>
internal sealed class FoundFile(string path, EvaluationOptions options, List<EvaluationData> data, CancellationToken cancellationToken)
{
    private const long MaxJsonBytes = 1L << 30;

    private readonly bool _pairs = options.Task is not EvaluationTask.Retrieval;
    private readonly bool _retrieval = options.Task is EvaluationTask.All or EvaluationTask.Retrieval;

    /// <returns>Why the file is no data; null where it was read, or is data for another task.</returns>
    /// <exception cref="InvalidDataException">It is data, but malformed.</exception>
    public async Task<string?> ReadAsync()
    {
        if (!DataFile.HasKnownEnding(path))
            return $"its name ends in none of {string.Join(", ", DataFile.KnownEndings)}";
        return (await DataLines.ShapeAsync(path, cancellationToken).ConfigureAwait(false)).Kind switch
        {
            DataKind.Table => await ReadTableAsync().ConfigureAwait(false),
            DataKind.JsonObject => await ReadWholeSetAsync().ConfigureAwait(false),
            _ => await ReadRowsAsync().ConfigureAwait(false),
        };
    }

    private async Task<string?> ReadTableAsync()
    {
        if (await StsReader.RecognizeTableAsync(path, cancellationToken).ConfigureAwait(false) is not { } columns)
            return "its columns are not those of sentence pairs (sentence1, sentence2, score)";
        if (_pairs)
            await AddPairsAsync(columns.Layout, await StsReader.ReadTableAsync(path, columns, cancellationToken).ConfigureAwait(false))
                .ConfigureAwait(false);
        return null;
    }

    private async Task<string?> ReadRowsAsync()
    {
        IReadOnlyList<string> fields = [];
        await foreach (var row in DataLines.ReadJsonAsync(path, cancellationToken).ConfigureAwait(false))
        {
            fields = row.Names;
            break;
        }
        if (fields.Contains("positive_passages"))
        {
            if (_retrieval)
                data.Add(await RetrievalFiles.ReadMiraclAsync(path, options, cancellationToken).ConfigureAwait(false));
        }
        else if (fields.Contains("flores_passage"))
        {
            if (_retrieval)
                data.Add(await RetrievalFiles.ReadBelebeleAsync(path, options, cancellationToken).ConfigureAwait(false));
        }
        else if (StsReader.Recognize(fields, path) is { } columns)
        {
            if (_pairs)
            {
                var pairs = await StsReader.ReadJsonLinesAsync(path, cancellationToken).ConfigureAwait(false);
                await AddPairsAsync(columns.Layout, pairs).ConfigureAwait(false);
            }
        }
        else if (IsRetrieval(fields) || IsIndicQa(fields))
        {
            // one object on one line
            return await ReadWholeSetAsync().ConfigureAwait(false);
        }
        else
        {
            return $"its first row has the fields {string.Join(", ", fields)}, neither those of sentence pairs nor of Belebele or MIRACL, "
                + "neither corpus, queries and qrels nor the paragraphs of IndicQA";
        }
        return null;
    }

    private async Task<string?> ReadWholeSetAsync()
    {
        string[] names;
        using (var document = UntrustedJson.Parse(path, MaxJsonBytes))
            names = [.. document.RootElement.EnumerateObject().Select(p => p.Name)];
        if (IsRetrieval(names))
        {
            if (_retrieval)
                data.Add(await RetrievalFiles.ReadJsonAsync(path, options, cancellationToken).ConfigureAwait(false));
        }
        else if (IsIndicQa(names))
        {
            if (_retrieval)
                data.Add(await RetrievalFiles.ReadIndicQaAsync(path, options, cancellationToken).ConfigureAwait(false));
        }
        else
        {
            return "it is a JSON object, but has neither corpus, queries and qrels, nor the paragraphs of IndicQA";
        }
        return null;
    }

    private static bool IsRetrieval(IReadOnlyList<string> names) => names.Contains("corpus") && names.Contains("queries");

    private static bool IsIndicQa(IReadOnlyList<string> names) => names.Contains("data") || names.Contains("paragraphs");

    /// <summary>One set of data for each subset that the file itself names.</summary>
    private async Task AddPairsAsync(string layout, List<StsPair> pairs)
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
}
