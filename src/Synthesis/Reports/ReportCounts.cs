namespace XlLoraOnnx.Synthesis;

/// <summary>What went in and came out.</summary>
/// <param name="Anchors">Rows of the input.</param>
/// <param name="DistinctAnchors">Different texts among them.</param>
/// <param name="Rows">Triplets asked for: anchors times samples.</param>
/// <param name="Triplets">Rows that became triplets.</param>
/// <param name="Rejected">Rows that were given up; the others of <paramref name="Rows"/> are still open.</param>
/// <param name="Attempts">Answers generated in all, those made again included.</param>
/// <param name="Tokens">Tokens of those answers.</param>
/// <param name="Seconds">Time worked; breaks between processes are left out.</param>
internal sealed record ReportCounts(
    long Anchors, long DistinctAnchors, long Rows, long Triplets, long Rejected, long Attempts, long Tokens, double Seconds)
{
    /// <summary>Rows not decided yet.</summary>
    public long Open => Rows - Triplets - Rejected;
}

/// <summary>How many answers of one side passed the filters.</summary>
/// <param name="Adapter">Null: the base model alone.</param>
/// <param name="Repaired">Those of <paramref name="Accepted"/> that a repair changed.</param>
internal sealed record ReportAcceptance(SynthesisSide Side, string? Adapter, long Answers, long Accepted, long Repaired);

/// <summary>How often a filter said no.</summary>
/// <param name="Side">Null where it is about the row, not about one of its answers.</param>
/// <param name="Answers">Answers rejected, in any attempt.</param>
/// <param name="Rows">Rows given up for it in the end.</param>
internal sealed record ReportRejection(RejectionReason Reason, SynthesisSide? Side, long Answers, long Rows);

/// <summary>A number with a name.</summary>
internal sealed record NamedCount(string Name, long Count);

/// <summary>The anchors of one language.</summary>
/// <param name="Code">ISO 639 or BCP 47, <c>und</c> where unknown.</param>
internal sealed record ReportLanguage(string Code, string Name, long Anchors, long Triplets);

/// <summary>Right answers among all (raw) and among those that the filters let through.</summary>
internal sealed record ReportTruth(TruthShares Raw, TruthShares Accepted);

/// <summary>Lengths of one column's texts.</summary>
/// <param name="Column"><c>sent0</c>, <c>sent1</c> or <c>hard_neg</c>.</param>
/// <param name="CharacterCounts">In Unicode scalar values.</param>
/// <param name="TokenCounts">Null where they were not counted.</param>
internal sealed record ReportLengths(string Column, HistogramData CharacterCounts, HistogramData? TokenCounts = null);

/// <summary>Of the different accepted texts of a side, how many occur once, twice, ….</summary>
internal sealed record ReportDuplicates(SynthesisSide Side, HistogramData Occurrences);

/// <summary>A text that was answered again and again.</summary>
internal sealed record FrequentOutput(SynthesisSide Side, string Text, long Count);

/// <summary>Throughput at a moment of the time worked.</summary>
internal sealed record ThroughputPoint(double Seconds, double RowsPerSecond, double TokensPerSecond);

/// <summary>One line of the table; <paramref name="Row"/> and <paramref name="Id"/> together name it once and for ever.</summary>
/// <param name="Language">Code of the anchor's language, <c>und</c> where unknown.</param>
/// <param name="Reason">Name of the reason it was rejected for; null for a triplet.</param>
/// <param name="Flagged">The embedding model finds the hard negative closer to the anchor than the positive.</param>
internal sealed record ReportRow(
    long Row, string Id, string Language, string Sent0, string? Sent1, string? HardNeg,
    string? Reason, string? Detail, IReadOnlyList<string> Repairs, bool Flagged);
