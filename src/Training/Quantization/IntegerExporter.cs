using System.Globalization;

namespace XlLoraOnnx.Training;

/// <summary>
/// Exports with products of 8-bit integers, and keeps in float32 what loses too much by them: measured on a few texts, module by module.
/// Here and not with the exporter, since it runs what was exported.
/// </summary>
public static class IntegerExporter
{
    /// <summary>Relative error of a module's output, the mean over tokens, above which it stays in float32.</summary>
    public const double MostLoss = 0.1;

    /// <summary>The same of a single token. The first token of a text takes most of the attention and its value is nearly nothing (attention
    /// sinks, arXiv 2309.17453): what is wrong with it, the other tokens read.</summary>
    public const double MostLossOfToken = 0.15;

    private const long DefaultRam = 2L << 30, RuntimeBytes = 256 << 20;

    /// <summary>As <see cref="ModelExporter.Export"/>; what is not <see cref="ExportPrecision.Int8"/>, and what is not measured (models
    /// that translate, runs of FLARE, merged adapters), is as it would be there.</summary>
    /// <remarks>Rules of <see cref="ExportOptions.Keep"/> hold, whatever was measured. It is measured before the folder gets its name;
    /// where modules are kept, it is written a second time. One that does not run within <see cref="ExportOptions.MaxRam"/> is not measured,
    /// and a notice says so.</remarks>
    public static ExportReport Export(string checkpointFolder, string outputFolder, ExportOptions options,
        IProgress<ExportProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        IEnumerable<string> found = [];
        ModuleLoss[] poor = [];
        var report = ModelExporter.ExportIfAccepted(checkpointFolder, outputFolder, options, IsGoodEnough, progress, cancellationToken);
        if (report is null)
        {
            var kept = options with { Keep = [.. poor.Select(l => new KeepRule(l.Module, ExportPrecision.Fp32)), .. options.Keep] };
            report = ModelExporter.Export(checkpointFolder, outputFolder, kept, progress, cancellationToken);
        }
        return report with { Notices = [.. report.Notices, .. found] };

        bool IsGoodEnough(string folder)
        {
            if (ModelManifest.Read(folder) is not { Quantization.ActivationBits: not null, Decoder: not { Translation: not null } }
                || options.Flare is not null || options.Merge is not null)
                return true;
            if (Unmeasured(new FileInfo(Path.Combine(folder, OnnxModelWriter.DataFile)).Length, options.MaxRam) is { } notice)
            {
                found = [notice];
                return true;
            }
            var losses = IntegerSurvey.Measure(folder, checkpointFolder, cancellationToken);
            poor = [.. losses.Where(l => l.Loss > MostLoss || l.OfToken > MostLossOfToken)];
            found = poor.Length == 0 ? Least(losses) : Notices(poor, options.Keep);
            return poor.Length == 0;
        }
    }

    /// <summary>Weights are there twice while ONNX Runtime packs them.</summary>
    /// <returns>Null where the folder can be run.</returns>
    internal static string? Unmeasured(long dataBytes, long? maxRam)
    {
        var needed = 2 * dataBytes + RuntimeBytes;
        return needed <= (maxRam ?? DefaultRam) ? null : string.Create(CultureInfo.InvariantCulture,
            $"What products in 8 bits lose was not measured: running the folder takes about {needed / (double)(1 << 30):0.0} GiB. Allow it "
            + $"with --max-ram, or keep what should stay in float32 with --keep.");
    }

    private static IEnumerable<string> Least(IReadOnlyList<ModuleLoss> losses) => losses.Count == 0 ? [] :
        [$"Of products in 8 bits, {Describe(losses[0])} loses most on the texts that were tried; above {Percent(MostLoss)}, or "
            + $"{Percent(MostLossOfToken)} for one of the tokens, it would stay in float32."];

    private static IEnumerable<string> Notices(ModuleLoss[] poor, IReadOnlyList<KeepRule> asked) =>
        [$"In float32, since products in 8 bits lost more than {Percent(MostLoss)}, or {Percent(MostLossOfToken)} for a token, on the texts "
            + $"that were tried{(asked.Count > 0 ? ", unless --keep says otherwise" : "")}: {string.Join(", ", poor.Select(Describe))}."];

    private static string Describe(ModuleLoss loss) => $"{loss.Module} ({Percent(loss.Loss)}, {Percent(loss.OfToken)} for a token)";

    private static string Percent(double value) => (value * 100).ToString("0.#", CultureInfo.InvariantCulture) + " %";
}
