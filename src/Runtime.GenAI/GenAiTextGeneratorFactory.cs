namespace XlLoraOnnx.Runtime.GenAI;

/// <summary>Official ONNX Runtime GenAI as the engine of a model: batches of one adapter each, on the CPU.</summary>
public sealed class GenAiTextGeneratorFactory : ITextGeneratorFactory
{
    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The options name another device than <c>cpu</c>, once.</exception>
    public ITextGenerator Create(string folder, XlLoraModelOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Devices is not (null or ["cpu"]))
            throw new NotSupportedException(
                $"The devices are {string.Join(", ", options.Devices)}; ONNX Runtime GenAI takes cpu only, once. "
                + "Choose the engine continuous for others.");
        var model = ModelFolder.Load(folder);
        var catalog = new AdapterCatalog(model);
        var session = GenAiSession.Load(model, catalog, options.Canary);
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
}
