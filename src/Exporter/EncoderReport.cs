
namespace XlLoraOnnx.Exporter;

/// <summary>How an export turns a text into a vector.</summary>
public sealed record EncoderReport
{
    /// <summary><c>mean</c>, <c>cls</c>, <c>max</c>, <c>last</c>, <c>avg_top2</c> or <c>avg_first_last</c>.</summary>
    public required string Pooling { get; init; }
    /// <summary>Who said so: <c>option</c>, <c>sentence-transformers</c> or <c>default</c>.</summary>
    public required string PoolingSource { get; init; }
    /// <summary>Whether vectors are made 1 long.</summary>
    public required bool Normalize { get; init; }
    /// <summary>Numbers of a vector.</summary>
    public required int Dimension { get; init; }
    /// <summary>Tokens of the longest text, special tokens among them.</summary>
    public required int MaxSequenceLength { get; init; }

    internal static EncoderReport? From(EncoderFacts? facts) => facts is null ? null : new()
    {
        Pooling = facts.Pooling,
        PoolingSource = facts.PoolingSource,
        Normalize = facts.Normalize,
        Dimension = facts.Dimension,
        MaxSequenceLength = facts.MaxSequenceLength,
    };
}
