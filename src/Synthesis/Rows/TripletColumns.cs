using System.Collections.Immutable;

namespace XlLoraOnnx.Synthesis;

/// <summary>Names of the columns of triplets, in tables, receipts and messages.</summary>
internal static class TripletColumns
{
    public const string Anchor = "sent0";

    /// <summary>Of a row, where the input has one for each.</summary>
    public const string Language = "language";

    /// <summary>Both, the positive first: so SimCSE reads its columns.</summary>
    public static ImmutableArray<SynthesisSide> Sides { get; } = [SynthesisSide.Positive, SynthesisSide.Negative];

    public static string Of(SynthesisSide side) => side == SynthesisSide.Positive ? "sent1" : "hard_neg";

    /// <summary>The side of a column; a translation is a positive.</summary>
    public static SynthesisSide Side(string? column) =>
        column == Of(SynthesisSide.Negative) ? SynthesisSide.Negative : SynthesisSide.Positive;
}
