using XlLoraOnnx.Synthesis.PostgreSQL;

namespace XlLoraOnnx.Cli;

/// <summary>A job and the models that it needs.</summary>
internal sealed class LoadedJob : IDisposable
{
    private LoadedJob(XlLoraModel model) => Model = model;

    public XlLoraModel Model { get; }

    public XlLoraEmbeddingGenerator? Judge { get; set; }

    public SynthesisJobOptions Job { get; set; } = null!;

    /// <summary>The same job where it is one of translations; else null.</summary>
    public TranslationJobOptions? Translation { get; set; }

    /// <summary>The model, and on standard error what its checkpoint asks for and nobody does; the job is to be filled in.</summary>
    public static LoadedJob Load(string folder, XlLoraModelOptions options)
    {
        var loaded = new LoadedJob(XlLoraModel.Load(folder, options));
        ModelNotices.Write(loaded.Model);
        return loaded;
    }

    /// <summary>So that rows of all adapters of a run can run together.</summary>
    public static XlLoraModelOptions WithRoomFor(XlLoraModelOptions options, int adapters) =>
        options with { MaxResidentAdapters = Math.Max(options.MaxResidentAdapters, adapters) };

    /// <summary>Where the answers are, if not in the run folder.</summary>
    public PostgreSqlRun? Shared { get; set; }

    public void Dispose()
    {
        Shared?.Dispose();
        Judge?.Dispose();
        Model.Dispose();
    }
}

/// <summary>What is said now of a job that was begun before.</summary>
/// <param name="Model">The model folder; null where it was.</param>
/// <param name="Input">The anchors; null where they were.</param>
/// <param name="Apply">Engine and devices.</param>
internal sealed record GivenAnew(string? Model, string? Input, Func<XlLoraModelOptions, XlLoraModelOptions> Apply);
