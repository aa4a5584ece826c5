using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Synthesis;

/// <summary>What a <see cref="SynthesisJob"/> reads and writes, and how it shares its work.</summary>
public sealed record SynthesisJobOptions
{
    /// <summary>File of anchors, or folder of such files, see <see cref="AnchorReader"/>. It is read three times (four with a <see
    /// cref="SynthesisBackend.StoreInput"/>), and must stay as it is.</summary>
    /// <remarks>With a <see cref="Backend"/> that shares it, it may be missing where another process of the run has it.</remarks>
    public required string Input { get; init; }

    /// <summary>Which split of a folder that has several; null where it has one.</summary>
    public string? Split { get; init; }

    /// <summary>Column of the texts to be translated; null for <c>text</c>. Anchors have a name of their own.</summary>
    internal string? Column { get; init; }

    /// <summary>Column of the input with the language of each row, which <see cref="SynthesisOptions.Strategy"/> is told; null where all
    /// rows are in <see cref="SynthesisOptions.Language"/>.</summary>
    public string? LanguageColumn { get; init; }

    /// <summary>The run folder; or a <c>.csv</c>, <c>.jsonl</c> or <c>.parquet</c> file, beside which the folder lies as
    /// <c>NAME.run</c>.</summary>
    /// <remarks>Null keeps everything in memory: <see cref="SynthesisReport.Results"/> has all rows, and nothing survives the
    /// process.</remarks>
    public required string? Output { get; init; }

    /// <summary>Adapters, prompts, sampling, filters.</summary>
    public SynthesisOptions Synthesis { get; init; } = new();

    /// <summary>Only the first anchors of the input; null for all.</summary>
    public long? Limit { get; init; }

    /// <summary>Whether an anchor that came before is left out. Otherwise each is a row of its own, with answers of its own.</summary>
    public bool Dedupe { get; init; }

    /// <summary>Whether a row is rejected when an earlier one has nearly the same answer; otherwise they are only counted.</summary>
    public bool RejectNearDuplicates { get; init; }

    /// <summary>Most rows that may have exactly the same answer; null for any number.</summary>
    public int? MaxOccurrences { get; init; }

    /// <summary>Finds triplets whose hard negative is closer to the anchor than the positive; stays the caller's.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Judge { get; init; }

    /// <summary>Whether what the judge finds is rejected; otherwise it is only marked.</summary>
    public bool RejectJudged { get; init; }

    /// <summary>The part of the rows that this process takes; null to share all of them with whoever else works on the folder.</summary>
    public SynthesisShard? Shard { get; init; }

    /// <summary>How long a process on another machine may give no sign of life before its rows are taken over.</summary>
    public TimeSpan LeaseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where processes keep answers and divide the work, in place of the run folder; null for the run folder itself.</summary>
    public SynthesisBackend? Backend { get; init; }

    /// <summary>Whether this process writes the outputs when all rows are decided; false where another one will.</summary>
    public bool WriteOutputs { get; init; } = true;

    /// <summary>Licence of the data, for its card; null leaves it open.</summary>
    public string? License { get; init; }

    /// <summary>Judges the triplets of a closed world, for the report only.</summary>
    public GroundTruth? Truth { get; init; }

    /// <summary>Most rows that the report shows.</summary>
    public int ReportRows { get; init; } = 20_000;

    /// <summary>Arguments of the command line, for report and card; nothing is read from them. Empty if there was none.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Ends the job in good order: no new rows, but those that run are waited for.</summary>
    public CancellationToken Finish { get; init; }

    /// <summary>What triplets are made with, once the model is known.</summary>
    /// <param name="sampling">Of the model: what its own file says belongs to what a run is made with.</param>
    internal SynthesisOptions Resolved(SamplingOptions sampling) =>
        Synthesis with { Sampling = Synthesis.Sampling ?? sampling, LanguageColumn = LanguageColumn };

    internal void Validate()
    {
        List<string> reasons = [];
        if (Output is { } output && File.Exists(output) && Path.GetFullPath(output) == Path.GetFullPath(Input))
            reasons.Add($"{output} is the input; the output would be written over it. Give another name.");
        if (Limit is < 1)
            reasons.Add($"The limit is {Limit}; it must be at least 1 row.");
        if (MaxOccurrences is < 1)
            reasons.Add($"MaxOccurrences is {MaxOccurrences}; it must be at least 1.");
        if (ReportRows < 0)
            reasons.Add($"ReportRows is {ReportRows}; it must be 0 or more.");
        if (LeaseTimeout < TimeSpan.FromSeconds(1))
            reasons.Add($"LeaseTimeout is {LeaseTimeout}; it must be at least a second.");
        if (RejectJudged && Judge is null)
            reasons.Add("RejectJudged is set, but there is no Judge.");
        if (Judge is not null && Synthesis.Only is not null)
            reasons.Add("A judge compares positives with hard negatives, but only one of them is written.");
        if (reasons.Count > 0)
            throw new ArgumentException(string.Join(" ", reasons));
    }
}

/// <summary>A fixed part of the rows, for jobs that know their number.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Count">Number of parts.</param>
public sealed record SynthesisShard(int Index, int Count)
{
    /// <summary>Reads <c>3/16</c>: the fourth of 16 parts.</summary>
    /// <exception cref="ArgumentException">It is something else, or there is no such part.</exception>
    public static SynthesisShard Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split('/') is [var index, var count] && int.TryParse(index, out var i) && int.TryParse(count, out var n)
            && n >= 1 && i >= 0 && i < n
            ? new SynthesisShard(i, n)
            : throw new ArgumentException(
                $"\"{text}\" is no part of the rows; write INDEX/COUNT with an index from 0 to COUNT - 1, such as 3/16.");
    }

    internal bool Has(int shard) => shard % Count == Index;
}
