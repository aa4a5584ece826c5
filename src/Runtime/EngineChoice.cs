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
        if (options.Engine == TextEngine.GenAi)
            return (GenAi(folder, options), new EngineInfo(TextEngine.GenAi, "asked for"));
        if (options.Engine == TextEngine.Auto && !OrtDecoderDevice.IsSupported(folder))
            return (GenAi(folder, options), new EngineInfo(TextEngine.GenAi,
                "the folder has no graph for the continuous engine; export the model again for it"));
        var reason = options.Engine == TextEngine.Continuous ? "asked for" : "rows of any length and adapter run together";
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

    private static GenAiTextGenerator GenAi(ModelFolder folder, XlLoraModelOptions options)
    {
        if (options.Devices is not ["cpu"])
            throw new NotSupportedException(
                $"The devices are {string.Join(", ", options.Devices)}; ONNX Runtime GenAI takes cpu only, once. " + "Choose the engine continuous for others.");
        var catalog = new AdapterCatalog(folder);
        var session = GenAiSession.Load(folder, catalog, options.Canary);
        try
        {
            return new GenAiTextGenerator(session, catalog, options.BatchSize);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

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
