using System.CommandLine;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary>The options of <c>export</c> that say how weights are stored.</summary>
internal sealed class WeightOptions
{
    private static readonly string[] Formats = [.. Enum.GetNames<ExportPrecision>().Select(name => name.ToLowerInvariant())];

    private readonly Option<string> _precision = new("--precision")
    {
        Description = $"How weights are stored: {string.Join(", ", Formats)}. int8 computes with integers, int8w and int4 store them. "
            + "LoRA factors are never quantised.",
        HelpName = "FORMAT",
        DefaultValueFactory = _ => "fp32",
    };

    private readonly Option<int?> _blockSize = new("--block-size")
    {
        Description = "Quantised weights that share a scale: 32, 64 or 128. Default: 32, and 64 for nf4.",
        HelpName = "N",
    };

    private readonly Option<bool> _asymmetric = new("--asymmetric")
    {
        Description = "Give every block of int8w and int4 a zero point of its own: a little larger, a little more exact.",
    };

    private readonly Option<string[]> _keep = new("--keep")
    {
        Description = "Modules in a format of their own, for example 'lm_head=int8,layers.0.*=fp32'; of several rules the last holds. "
            + "fp32, fp16 and bf16 mean: not quantised.",
        HelpName = "MODULES=FORMAT,…",
    };

    private readonly Option<int> _accuracyLevel = new("--accuracy-level")
    {
        Description = "How int8w and int4 products are computed: 4 with activations rounded to 8 bits (fast), 1 in float32 (exact).",
        HelpName = "0-4",
        DefaultValueFactory = _ => new ExportOptions().AccuracyLevel,
    };

    public WeightOptions() => _precision.AcceptOnlyFromAmong(Formats);

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_precision, _blockSize, _asymmetric, _keep, _accuracyLevel])
            command.Add(option);
    }

    public ExportOptions Apply(ParseResult parse, ExportOptions options) => options with
    {
        Precision = Enum.Parse<ExportPrecision>(parse.GetRequiredValue(_precision), ignoreCase: true),
        BlockSize = parse.GetValue(_blockSize),
        Symmetric = !parse.GetValue(_asymmetric),
        Keep = [.. (parse.GetValue(_keep) ?? []).SelectMany(rules => rules.Split(',')).Select(ParseRule)],
        AccuracyLevel = parse.GetValue(_accuracyLevel),
    };

    private static KeepRule ParseRule(string rule)
    {
        var equals = rule.LastIndexOf('=');
        var format = rule[(equals + 1)..].Trim();
        if (equals <= 0 || !Formats.Contains(format))
            throw new ArgumentException(
                $"--keep '{rule}' is not MODULES=FORMAT with one of {string.Join(", ", Formats)}. Example: --keep lm_head=int8");
        return new KeepRule(rule[..equals].Trim(), Enum.Parse<ExportPrecision>(format, ignoreCase: true));
    }
}
