namespace XlLoraOnnx.Runtime;

/// <summary>The engine for a model folder: the continuous one wherever it can run, which is at least as fast.</summary>
internal static class EngineChoice
{
    private const int SlotsOfCpu = 32, SlotsOfCuda = 128;

    /// <exception cref="NotSupportedException">The engine that is asked for cannot run the folder.</exception>
    public static (ITextGenerator Generator, EngineInfo Engine) Make(ModelFolder folder, XlLoraModelOptions options)
    {
        Check(options);
        DeviceName[] devices = [.. options.Devices.Select(DeviceName.Parse)];
        var isSupported = ContinuousGraphs.IsSupported(folder.Manifest);
        var reason = options.Engine != TextEngine.Auto ? "asked for" : isSupported
            ? "rows of any length and adapter run together"
            : "the folder has no graph for the continuous engine; export the model again for it";
        if (options.Engine == TextEngine.GenAi || (options.Engine == TextEngine.Auto && !isSupported))
            return (GenAi(folder, options, reason), new EngineInfo(TextEngine.GenAi, reason));
        if (Array.Exists(devices, d => d.IsCpu) && RollingLayers.IsMissing(folder.Manifest))
            reason += "; layers with a window keep whole rows, since the folder has no graphs with rolling caches; "
                + "export the model again for them";
        return (Continuous(folder, devices, options), new EngineInfo(TextEngine.Continuous, reason));
    }

    private static void Check(XlLoraModelOptions options)
    {
        if (options.Devices.Count == 0)
            throw new ArgumentException("No device is given; devices are cpu and cuda:N, for example cuda:0.", nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Slots ?? 1, 1, nameof(options.Slots));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PrefillTokens, 1, nameof(options.PrefillTokens));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxResidentAdapters, 1, nameof(options.MaxResidentAdapters));
    }

    private static ITextGenerator GenAi(ModelFolder folder, XlLoraModelOptions options, string why) =>
        (options.GenAi ?? throw new NotSupportedException(
            $"ONNX Runtime GenAI is not here to run '{folder.FullPath}' ({why}). Add the package XlLoraOnnx.Runtime.GenAI and set "
            + "XlLoraModelOptions.GenAi to a GenAiTextGeneratorFactory, or choose the engine continuous."))
        .Create(folder.FullPath, options);

    private static ContinuousTextGenerator Continuous(ModelFolder folder, DeviceName[] names, XlLoraModelOptions options)
    {
        var devices = new List<IDecoderDevice>();
        try
        {
            foreach (var name in names)
                devices.Add(new OrtDecoderDevice(folder, new DecoderDeviceOptions(name, options.PrefillTokens, options.CudaGraphs)));
            var slots = options.Slots ?? (Array.Exists(names, n => n.IsCpu) ? SlotsOfCpu : SlotsOfCuda);
            return new ContinuousTextGenerator(folder, devices,
                new ContinuousOptions(slots, options.PrefillTokens, options.MaxResidentAdapters, options.Canary));
        }
        catch
        {
            foreach (var device in devices)
                device.Dispose();
            throw;
        }
    }
}
