namespace XlLoraOnnx.Cli;

/// <summary>A job and the models that it needs.</summary>
internal sealed class LoadedJob(XlLoraModel model) : IDisposable
{
    public XlLoraModel Model => model;

    public XlLoraEmbeddingGenerator? Judge { get; set; }

    public SynthesisJobOptions Job { get; set; } = null!;

    public void Dispose()
    {
        Judge?.Dispose();
        model.Dispose();
    }
}

/// <summary>What is said now of a job that was begun before.</summary>
/// <param name="Model">The model folder; null where it was.</param>
/// <param name="Input">The anchors; null where they were.</param>
/// <param name="Apply">Engine and devices.</param>
internal sealed record GivenAnew(string? Model, string? Input, Func<XlLoraModelOptions, XlLoraModelOptions> Apply);
