using System.IO.Enumeration;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// In which format each weight of an export is stored: its precision, unless a rule says otherwise. Modules are named without the leading
/// <c>model.</c>.
/// </summary>
internal sealed class WeightFormats
{
    public const string Embedding = "embed_tokens";
    public const string Head = "lm_head";

    private static readonly int[] BlockSizes = [32, 64, 128];

    private readonly ExportOptions _options;
    private readonly HashSet<string> _modules = [];

    public WeightFormats(ExportOptions options)
    {
        _options = options;
        BlockSize = options.BlockSize ?? (options.Precision == ExportPrecision.Nf4 ? 64 : 32);
        if (!BlockSizes.Contains(BlockSize))
            throw new ArgumentOutOfRangeException(
                nameof(options), BlockSize, $"The block size must be one of {string.Join(", ", BlockSizes)}.");
        if (options.AccuracyLevel is < 0 or > 4)
            throw new ArgumentOutOfRangeException(nameof(options), options.AccuracyLevel, "The accuracy level must be from 0 to 4.");
        CheckRules();
    }

    public int BlockSize { get; }

    public int AccuracyLevel => _options.AccuracyLevel;

    public Nf4Quantizer Nf4 => new(BlockSize);

    public BlockQuantizer Blocks(ExportPrecision format) => new(format == ExportPrecision.Int4 ? 4 : 8, BlockSize, _options.Symmetric);

    /// <summary>Of a linear module of a layer, e.g. <c>model.layers.0.self_attn.q_proj</c>.</summary>
    public ExportPrecision Linear(string module) =>
        Choose(_options.Precision, module.StartsWith("model.", StringComparison.Ordinal) ? module["model.".Length..] : module);

    /// <summary>Of the embedding, the head, or of both when they are one tied table. QLoRA quantises neither.</summary>
    public ExportPrecision Table(params ReadOnlySpan<string> modules) =>
        Choose(_options.Precision == ExportPrecision.Nf4 ? ExportPrecision.Fp32 : _options.Precision, modules);

    /// <summary>After the last module: every rule has had a module.</summary>
    public void Verify()
    {
        var idle = _options.Keep.Where(rule => !_modules.Any(module => Matches(rule, module))).ToArray();
        if (idle.Length > 0)
            throw new ArgumentException(
                $"No module is named by {string.Join(", ", idle.Select(r => $"'{r}'"))}; modules are "
                + $"{string.Join(", ", _modules.Where(m => LayerOf(m) is null))} and, for each layer, "
                + $"{string.Join(", ", _modules.Where(m => LayerOf(m) == "0"))}.");
    }

    /// <summary>The number in <c>layers.0.self_attn.q_proj</c> or <c>encoder.layer.0.output.dense</c>.</summary>
    private static string? LayerOf(string module)
    {
        var parts = module.Split('.');
        var layer = Array.FindIndex(parts, p => p is "layers" or "layer");
        return layer < 0 || layer + 1 == parts.Length ? null : parts[layer + 1];
    }

    /// <summary>For the manifest; null when nothing is quantised.</summary>
    public QuantizationFacts? Facts() => !Formats.Any(IsQuantized) ? null : new()
    {
        BlockSize = BlockSize,
        Symmetric = _options.Symmetric,
        AccuracyLevel = _options.AccuracyLevel,
        ActivationBits = Formats.Contains(ExportPrecision.Int8) ? 8 : null,
        Overrides = [.. _options.Keep.Select(r => r.ToString())],
    };

    private IEnumerable<ExportPrecision> Formats => _options.Keep.Select(r => r.Format).Prepend(_options.Precision);

    private static bool IsQuantized(ExportPrecision format) =>
        format is ExportPrecision.Int8 or ExportPrecision.Int8W or ExportPrecision.Int4 or ExportPrecision.Nf4;

    private static bool Matches(KeepRule rule, string module) =>
        FileSystemName.MatchesSimpleExpression(rule.Pattern, module, ignoreCase: false);

    private ExportPrecision Choose(ExportPrecision format, params ReadOnlySpan<string> modules)
    {
        _modules.UnionWith(modules.ToArray());
        foreach (var rule in _options.Keep)
        {
            foreach (var module in modules)
            {
                if (Matches(rule, module))
                    format = rule.Format;
            }
        }
        return format;
    }

    private void CheckRules()
    {
        var reasons = new List<string>();
        foreach (var rule in _options.Keep)
        {
            if (rule.Pattern.Length == 0)
                reasons.Add($"'{rule}' names no module");
            else if (_options.Precision is ExportPrecision.Fp16 or ExportPrecision.Bf16 && rule.Format != _options.Precision)
                reasons.Add($"'{rule}' does not go with activations of {_options.Precision}; only float32 activations mix formats");
        }
        if (reasons.Count > 0)
            throw new ArgumentException(string.Join("; ", reasons) + ".");
    }
}
