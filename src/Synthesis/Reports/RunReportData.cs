using System.Text.Json.Serialization;

namespace XlLoraOnnx.Synthesis;

/// <summary>Everything that <c>report.html</c> and the dataset card say about a run; no number in them comes from anywhere else.</summary>
internal sealed record RunReportData
{
    /// <summary>Names the run for ever: marks made in the page are kept in the browser under it.</summary>
    public required string RunId { get; init; }

    /// <summary>Heading of both: the run's name.</summary>
    public required string Title { get; init; }

    /// <summary>Name of the file with the anchors.</summary>
    public required string Input { get; init; }

    /// <summary>Names of the tables of triplets beside the card, which names the first as its data.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Tables { get; init; } =
        [TripletFormats.FileName(TripletFormat.Csv), TripletFormats.FileName(TripletFormat.JsonLines)];

    /// <summary>When the run was first started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When its last row was decided; null while rows are open.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Version of this program.</summary>
    public required string ToolVersion { get; init; }

    /// <summary>The command that made it, for a person to repeat; null if none did.</summary>
    public string? Command { get; init; }

    /// <summary>Licence of the triplets as the user stated it; null if not stated: nothing is assumed.</summary>
    public string? License { get; init; }

    public required ReportModel Model { get; init; }

    /// <summary>How <c>sent1</c> was made; null when it was not.</summary>
    public ReportSide? Positive { get; init; }

    /// <summary>How <c>hard_neg</c> was made; null when it was not.</summary>
    public ReportSide? Negative { get; init; }

    /// <summary>Name of the strategy.</summary>
    public required string Strategy { get; init; }

    /// <summary>Names and values, in the order to show them.</summary>
    public required IReadOnlyList<ReportFact> Sampling { get; init; }

    public required long Seed { get; init; }

    public required IReadOnlyList<ReportDevice> Devices { get; init; }

    /// <summary>Code of the language the answers were asked for in; null where it is the anchor's.</summary>
    public string? AnswerLanguage { get; init; }

    public required ReportCounts Counts { get; init; }

    /// <summary>One for each adapter and side.</summary>
    public required IReadOnlyList<ReportAcceptance> Acceptance { get; init; }

    /// <summary>One for each reason and side that occurred.</summary>
    public IReadOnlyList<ReportRejection> Rejections { get; init; } = [];

    /// <summary>Answers that a repair made acceptable, by the name of the repair.</summary>
    public IReadOnlyList<NamedCount> Repairs { get; init; } = [];

    /// <summary>One for each language of an anchor.</summary>
    public IReadOnlyList<ReportLanguage> Languages { get; init; } = [];

    /// <summary>How many are right, before the filters and after them; null when no ground truth was given.</summary>
    public ReportTruth? Truth { get; init; }

    /// <summary>One for each column.</summary>
    public IReadOnlyList<ReportLengths> Lengths { get; init; } = [];

    /// <summary>One for each side: how often a text occurs.</summary>
    public IReadOnlyList<ReportDuplicates> Duplicates { get; init; } = [];

    /// <summary>Accepted answers that nearly equal an earlier one; null when this was not looked for.</summary>
    public long? NearDuplicates { get; init; }

    /// <summary>The answers that occur most often, at most 20, the most frequent first.</summary>
    public IReadOnlyList<FrequentOutput> FrequentOutputs { get; init; } = [];

    /// <summary>Throughput over the time worked.</summary>
    public IReadOnlyList<ThroughputPoint> Throughput { get; init; } = [];

    /// <summary>Rows to look at: all, or a sample of at most <see cref="MaxRows"/>.</summary>
    public IReadOnlyList<ReportRow> Rows { get; init; } = [];

    /// <summary>As many rows as a page still opens in about a second.</summary>
    public const int MaxRows = 20_000;
}
