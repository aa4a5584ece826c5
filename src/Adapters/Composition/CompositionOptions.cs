using System.Globalization;

namespace XlLoraOnnx.Adapters;

/// <summary>How adapters are composed.</summary>
public sealed record CompositionOptions
{
    /// <summary>The default is what AdaMergeX published.</summary>
    public CompositionMode Mode { get; init; } = CompositionMode.Factor;

    /// <summary>For <see cref="CompositionMode.Svd"/>: the rank of the result, at least 1.</summary>
    public int? Rank { get; init; }

    /// <summary>For TIES and DARE: the share of the elements that are kept, above 0 and at most 1.</summary>
    public double? Density { get; init; }

    /// <summary>For TIES and DARE with its signs.</summary>
    public MajoritySign MajoritySign { get; init; } = MajoritySign.Total;

    /// <summary>For DARE: which elements are dropped is a function of it, the part and the tensor.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>An exported model folder: every part is checked against it, and may name its base as it likes.</summary>
    public string? BaseFolder { get; init; }

    internal bool Prunes => Mode is CompositionMode.Ties or CompositionMode.DareLinear or CompositionMode.DareTies;

    /// <exception cref="ArgumentException">With what does not go together.</exception>
    internal void Check()
    {
        if (Mode == CompositionMode.Svd && Rank is null)
            throw new ArgumentException("Mode svd needs the rank of the result: --rank 8");
        if (Mode != CompositionMode.Svd && Rank is not null)
            throw new ArgumentException($"The rank {Rank} was given for mode {Name(Mode)}; only svd takes one.");
        if (Rank is < 1)
            throw new ArgumentException($"The rank is {Rank}; it must be at least 1.");
        if (Prunes && Density is null)
            throw new ArgumentException($"Mode {Name(Mode)} needs the share of the elements that are kept: --density 0.5");
        if (!Prunes && Density is not null)
            throw new ArgumentException(
                $"A density was given for mode {Name(Mode)}; only ties, dare_linear and dare_ties take one.");
        if (Density is { } density && density is not (> 0 and <= 1))
            throw new ArgumentException(
                $"The density is {density.ToString(CultureInfo.InvariantCulture)}; it must be above 0 and at most 1.");
    }

    /// <summary>As the command line and PEFT spell it.</summary>
    public static string Name(CompositionMode mode) => mode switch
    {
        CompositionMode.DareLinear => "dare_linear",
        CompositionMode.DareTies => "dare_ties",
        _ => mode.ToString().ToLowerInvariant(),
    };
}
