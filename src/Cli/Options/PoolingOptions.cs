using System.CommandLine;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary>The options of <c>export</c> that say how texts become vectors.</summary>
internal sealed class PoolingOptions
{
    private static readonly Dictionary<string, EmbeddingPooling> Poolings = new()
    {
        ["avg_first_last"] = EmbeddingPooling.AvgFirstLast,
        ["mean"] = EmbeddingPooling.Mean,
        ["avg"] = EmbeddingPooling.Mean,
        ["cls"] = EmbeddingPooling.Cls,
        ["max"] = EmbeddingPooling.Max,
        ["avg_top2"] = EmbeddingPooling.AvgTop2,
        ["last"] = EmbeddingPooling.Last,
        ["weighted_mean"] = EmbeddingPooling.WeightedMean,
        ["mean_sqrt_len"] = EmbeddingPooling.MeanSqrtLen,
    };

    private readonly Option<string?> _pooling = new("--pooling")
    {
        Description = $"How an encoder makes one vector of a text: {string.Join(", ", Poolings.Keys)} (avg is mean). Default: as its "
            + "sentence-transformers files say, else mean. A checkpoint that generates text becomes an embedder: last, mean, max, "
            + "weighted_mean or mean_sqrt_len.",
        HelpName = "POOLING",
    };

    private readonly Option<bool> _normalize = new("--normalize")
    {
        Description = "Vectors of length 1. Default: as the sentence-transformers files say.",
    };

    private readonly Option<bool> _noNormalize = new("--no-normalize") { Description = "Vectors as they are." };

    public PoolingOptions() => _pooling.AcceptOnlyFromAmong([.. Poolings.Keys]);

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_pooling, _normalize, _noNormalize])
            command.Add(option);
    }

    public ExportOptions Apply(ParseResult parse, ExportOptions options)
    {
        var (yes, no) = (parse.GetValue(_normalize), parse.GetValue(_noNormalize));
        if (yes && no)
            throw new ArgumentException($"{_normalize.Name} and {_noNormalize.Name} exclude each other.");
        return options with
        {
            Pooling = parse.GetValue(_pooling) is { } pooling ? Poolings[pooling] : null,
            Normalize = yes ? true : no ? false : null,
        };
    }
}
