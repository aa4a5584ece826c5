using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>For anchors of a closed world: every sentence that follows from each, and sentences that contradict it.</summary>
/// <remarks>
/// Read from JSON lines with <c>language</c>, <c>sent0</c>, <c>entailments</c> and <c>contradictions</c>; other fields are ignored.
/// </remarks>
public sealed class GroundTruth
{
    private readonly Dictionary<string, Truth> _truths;

    private GroundTruth(string path, Dictionary<string, Truth> truths) => (FilePath, _truths) = (path, truths);

    /// <summary>Anchors whose truth is known.</summary>
    public int Count => _truths.Count;

    /// <summary>The file that it was read from.</summary>
    internal string FilePath { get; }

    /// <summary>Reads a <c>truth.jsonl</c>, compressed or not.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A line is malformed, lacks a field, or repeats an anchor.</exception>
    public static async Task<GroundTruth> ReadAsync(string path, CancellationToken cancellationToken = default)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file {path} to read the truth from.", path);
        Dictionary<string, Truth> truths = new(StringComparer.Ordinal);
        int number = 0;
        await using var file = await DataFile.OpenAsync(path, cancellationToken);
        await foreach (var line in StrictUtf8.ReadLinesAsync(file.Source, cancellationToken))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            var row = Parse(line, $"{path}, line {number}");
            if (!truths.TryAdd(row.Sent0, new Truth(row.Language, [.. row.Entailments], [.. row.Contradictions])))
                throw new InvalidDataException($"{path}, line {number}: the anchor \"{row.Sent0}\" occurs twice; its truth must be one.");
        }

        return new GroundTruth(Path.GetFullPath(path), truths);
    }

    /// <summary>Judges a triplet by set membership; null if it is none, or its anchor is not of this world.</summary>
    public TripletJudgement? Judge(SynthesisResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return result.IsTriplet && _truths.TryGetValue(result.Sent0, out var truth)
            ? new TripletJudgement(
                truth.Language, truth.Entailments.Contains(result.Sent1!), truth.Contradictions.Contains(result.HardNeg!))
            : null;
    }

    /// <summary>Judges all of them, and counts by language.</summary>
    public GroundTruthReport Report(IEnumerable<SynthesisResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        var (raw, total) = (new TruthShares(0, 0, 0), new TruthShares(0, 0, 0));
        SortedDictionary<string, TruthShares> languages = new(StringComparer.Ordinal);
        int rejected = 0, unknown = 0;
        foreach (var result in results)
        {
            if (Judge(result with { Rejected = null }) is { } written)
                raw = raw.Add(written);
            if (Judge(result) is not { } judgement)
            {
                if (result.IsTriplet)
                    unknown++;
                else
                    rejected++;
                continue;
            }

            total = total.Add(judgement);
            languages[judgement.Language] = (languages.GetValueOrDefault(judgement.Language) ?? new TruthShares(0, 0, 0)).Add(judgement);
        }

        return new GroundTruthReport { Raw = raw, Total = total, Languages = languages, Rejected = rejected, Unknown = unknown };
    }

    private static TruthLine Parse(string line, string where)
    {
        try
        {
            return JsonSerializer.Deserialize(line, TruthJson.Default.TruthLine)
                ?? throw new InvalidDataException($"{where} is null; it must be an object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"{where} is not an object with language, sent0, entailments[] and contradictions[]: {e.Message}", e);
        }
    }

    private sealed record Truth(string Language, HashSet<string> Entailments, HashSet<string> Contradictions);
}
