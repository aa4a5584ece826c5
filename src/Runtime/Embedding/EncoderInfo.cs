
namespace XlLoraOnnx.Runtime;

/// <summary>How a model folder turns texts into vectors.</summary>
public sealed record EncoderInfo
{
    /// <summary><c>mean</c>, <c>cls</c>, <c>max</c>, <c>last</c>, <c>avg_top2</c> or <c>avg_first_last</c>.</summary>
    public required string Pooling { get; init; }

    /// <summary>Who said so at the export: <c>option</c>, <c>sentence-transformers</c> or <c>default</c>.</summary>
    public required string PoolingSource { get; init; }

    /// <summary>Whether vectors are 1 long.</summary>
    public required bool Normalize { get; init; }

    /// <summary>Numbers of a vector.</summary>
    public required int Dimension { get; init; }

    /// <summary>Tokens of the longest text, special tokens among them.</summary>
    public required int MaxSequenceLength { get; init; }

    internal static EncoderInfo? From(EncoderFacts? facts) => facts is null ? null : new()
    {
        Pooling = facts.Pooling,
        PoolingSource = facts.PoolingSource,
        Normalize = facts.Normalize,
        Dimension = facts.Dimension,
        MaxSequenceLength = facts.MaxSequenceLength,
    };
}
