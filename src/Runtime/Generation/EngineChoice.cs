using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Runtime;

/// <summary>The engine for a model folder: the continuous one wherever it can run, which is at least as fast.</summary>
internal static class EngineChoice
{
    // a head of 256,000 words is read once a step: the more rows share it, the better, and rows of translation are short
    private const int SlotsOfCpu = 32, SlotsOfCpuTranslation = 64, SlotsOfCuda = 128;

    /// <exception cref="NotSupportedException">The engine that is asked for cannot run the folder.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, before a device: its graph loads in one native call.</exception>
    public static (ITextGenerator Generator, EngineInfo Engine) Make(
        ModelFolder folder, XlLoraModelOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        var isSupported = ContinuousGraphs.IsSupported(folder.Manifest);
        var reason = options.Engine != TextEngine.Auto ? "asked for" : isSupported
            ? "rows of any length and adapter run together"
            : "the folder has no graph for the continuous engine; export the model again for it";
        if (options.Engine == TextEngine.GenAi && folder.Translation is not null)
            throw new NotSupportedException($"ONNX Runtime GenAI does not run '{folder.FullPath}' ({folder.Manifest.Family}), which has an "
                + "encoder. Choose the engine continuous.");
        var isGenAi = options.Engine == TextEngine.GenAi || (options.Engine == TextEngine.Auto && !isSupported);
        if (options.PromptLookupTokens > 0 && (isGenAi || folder.Translation is not null))
            throw new NotSupportedException($"Tokens are looked up for decoders alone, on the engine continuous; "
                + $"'{folder.FullPath}' {(isGenAi ? $"runs on ONNX Runtime GenAI here ({reason})" : "has an encoder")}. "
                + "Leave PromptLookupTokens (--prompt-lookup) at 0.");
        if (isGenAi)
            return (GenAi(folder, options, reason), new EngineInfo(TextEngine.GenAi, reason));
        if (options.NumBeams > 1 && folder.Translation is null)
            throw new NotSupportedException($"'{folder.FullPath}' ({folder.Manifest.Family}) is a decoder alone: {options.NumBeams} beams are "
                + "for models that an encoder belongs to. Leave NumBeams at 1.");
        var names = Names(options);
        if (Array.Exists(names, d => d.IsCpu) && RollingLayers.IsMissing(folder.Manifest))
            reason += "; layers with a window keep whole rows, since the folder has no graphs with rolling caches; "
                + "export the model again for them";
        return (Continuous(folder, names, options, logger, cancellationToken), new EngineInfo(TextEngine.Continuous, reason));
    }

    private static DeviceName[] Names(XlLoraModelOptions options) =>
        [.. (options.Devices ?? XlLoraModelOptions.OnlyCpu).Select(DeviceName.Parse)];

    private static ITextGenerator GenAi(ModelFolder folder, XlLoraModelOptions options, string why) =>
        (options.GenAi ?? throw new NotSupportedException(
            $"ONNX Runtime GenAI is not here to run '{folder.FullPath}' ({why}). Add the package XlLoraOnnx.Runtime.GenAI and set "
            + "XlLoraModelOptions.GenAi to a GenAiTextGeneratorFactory, or choose the engine continuous."))
        .Create(folder.FullPath, options);

    private static ContinuousTextGenerator Continuous(
        ModelFolder folder, DeviceName[] names, XlLoraModelOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        var devices = new List<IDecoderDevice>();
        try
        {
            foreach (var name in names)
            {
                cancellationToken.ThrowIfCancellationRequested();
                devices.Add(new OrtDecoderDevice(folder,
                    new DecoderDeviceOptions(name, options.PrefillTokens, options.CudaGraphs)
                    {
                        Beams = options.NumBeams,
                        PromptLookupTokens = options.PromptLookupTokens,
                    }));
            }
            var slots = options.Slots ?? (!Array.Exists(names, n => n.IsCpu) ? SlotsOfCuda
                : folder.Translation is not null && options.NumBeams == 1 ? SlotsOfCpuTranslation : SlotsOfCpu);
            return new ContinuousTextGenerator(folder, devices,
                new ContinuousOptions(slots, options.PrefillTokens, options.MaxResidentAdapters, options.Canary)
                {
                    Logger = logger,
                    MaxAdapterBytes = options.MaxAdapterBytes,
                    PromptLookupTokens = options.PromptLookupTokens,
                    Beams = options.NumBeams == 1 ? null
                        : new BeamSearchOptions(options.NumBeams, options.LengthPenalty, options.EarlyStopping),
                });
        }
        catch
        {
            foreach (var device in devices)
                device.Dispose();
            throw;
        }
    }
}
