namespace XlLoraOnnx.Cli;

/// <summary>Jobs as they were begun, taken up by <c>retry</c> and <c>verify --sample</c>.</summary>
internal static class RecordedJobs
{
    /// <summary>The job of a run folder, with its models loaded.</summary>
    /// <exception cref="InvalidDataException">Its options are not known.</exception>
    /// <exception cref="DirectoryNotFoundException">The model is not where it was.</exception>
    public static async Task<LoadedJob> LoadAsync(string folder, GivenAnew given, CancellationToken cancellationToken)
    {
        if (RecordedRun.Read(folder) is not { } run)
            return await LoadOldAsync(folder, given, cancellationToken).ConfigureAwait(false);
        var model = given.Model ?? run.Model ?? throw new ArgumentException(
            $"The run in {folder} was not made by a model folder; name one with --model.");
        if (!Directory.Exists(model))
            throw new DirectoryNotFoundException($"There is no folder {model} with the model of the run; say where it is with --model.");
        var composed = run.Job.Synthesis.Strategy as CompositionStrategy;
        var files = composed?.Source?.Files ?? run.Translation?.Adapters?.Files;
        var loaded = LoadedJob.Load(model, LoadedJob.WithRoomFor(given.Apply(run.ModelOptions), files?.Count ?? 0));
        try
        {
            if (composed is { Source: { } source })
                ComposedLanguages.MountAgain(loaded.Model, composed, source, cancellationToken);
            if (run.Translation?.Adapters is { } exported)
                PairAdapters.MountAgain(loaded.Model, exported, cancellationToken);
            if (run.Judge is { } judge)
                loaded.Judge = new XlLoraEmbeddingGenerator(judge);
            loaded.Shared = await RunOptions.OpenAsync(run.Backend, cancellationToken).ConfigureAwait(false);
            loaded.Job = run.Job with
            {
                Backend = loaded.Shared?.Backend,
                Input = given.Input ?? run.Job.Input,
                Judge = loaded.Judge,
                Truth = run.Truth is { } truth ? await GroundTruth.ReadAsync(truth, cancellationToken).ConfigureAwait(false) : null,
            };
            loaded.Translation = run.Translation is { } texts ? texts with { Input = loaded.Job.Input, Backend = loaded.Job.Backend } : null;
            return loaded;
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    private static Task<LoadedJob> LoadOldAsync(string folder, GivenAnew given, CancellationToken cancellationToken)
    {
        var (arguments, workingFolder) = RecordedRun.CommandOf(folder) ?? throw new InvalidDataException(
            $"The run in {folder} was not begun by a command, so its options are not known here; use SynthesisJob from .NET.");
        return SynthesizeCommand.LoadOldAsync(arguments, Directory.Exists(workingFolder) ? workingFolder : Path.GetFullPath("."),
            Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), given, cancellationToken);
    }
}
