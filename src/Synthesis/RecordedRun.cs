namespace XlLoraOnnx.Synthesis;

/// <summary>How a run was begun, read from its folder, so that it can be taken up again without saying everything anew.</summary>
public sealed record RecordedRun
{
    private RecordedRun()
    {
    }

    /// <summary>Full path of the model folder; null where the run was made by something else.</summary>
    public required string? Model { get; init; }

    /// <summary>How the model was loaded, as far as it belongs to the run; engine and devices are chosen anew.</summary>
    public required XlLoraModelOptions ModelOptions { get; init; }

    /// <summary>Full path of the encoder folder that judges; null without a judge.</summary>
    public required string? Judge { get; init; }

    /// <summary>Full path of the file of <see cref="GroundTruth"/>; null without one.</summary>
    public required string? Truth { get; init; }

    /// <summary><see cref="SynthesisBackend.Place"/> of where the answers are; null where they are in the run folder.</summary>
    public required string? Backend { get; init; }

    /// <summary>The job; <see cref="SynthesisJobOptions.Judge"/>, <see cref="SynthesisJobOptions.Truth"/> and <see
    /// cref="SynthesisJobOptions.Backend"/> are to be filled in.</summary>
    public required SynthesisJobOptions Job { get; init; }

    /// <summary>The same as a job of translations; null where it is none.</summary>
    public TranslationJobOptions? Translation =>
        Job.Synthesis.Strategy is TranslationStrategy strategy ? TranslationJobOptions.Of(Job, strategy) : null;

    /// <summary>Reads the options of a run.</summary>
    /// <param name="folder">The run folder, wherever it is now.</param>
    /// <returns>Null where the run is older than recorded options: see <see cref="CommandOf"/>.</returns>
    /// <exception cref="FileNotFoundException">The folder has no run.json.</exception>
    /// <exception cref="InvalidDataException">run.json is damaged.</exception>
    /// <exception cref="NotSupportedException">A newer version wrote it; or it was made with a strategy or a judge of one's
    /// own.</exception>
    public static RecordedRun? Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var file = Path.Combine(full, RunManifest.FileName);
        if (ManifestOf(full).Options is not { } options)
            return null;
        var recorded = RecordedJob.Parse(options, file);
        if (recorded.Judge is { Folder: null })
            throw new NotSupportedException($"{file}: the run was judged by a model of its own: take it up from .NET, with SynthesisJob "
                + "and that judge.");
        try
        {
            return new RecordedRun
            {
                Model = recorded.Model is { } model ? RecordedPath.Full(model.Folder, full) : null,
                ModelOptions = recorded.Model?.ToOptions() ?? new XlLoraModelOptions(),
                Judge = recorded.Judge is { Folder: { } judge } ? RecordedPath.Full(judge, full) : null,
                Truth = recorded.Truth is { } truth ? RecordedPath.Full(truth, full) : null,
                Backend = recorded.Backend,
                Job = recorded.ToJob(full),
            };
        }
        catch (Exception e) when (e is ArgumentException or OverflowException or InvalidOperationException)
        {
            throw new InvalidDataException($"{file}: its options are not those of a run: {e.Message} Was it edited?", e);
        }
    }

    /// <summary>Of a run from before options were recorded: the arguments that it was begun with, and the folder that they are relative
    /// to.</summary>
    /// <returns>Null where no command began it.</returns>
    /// <exception cref="InvalidDataException">run.json is damaged.</exception>
    public static (IReadOnlyList<string> Arguments, string WorkingFolder)? CommandOf(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return ManifestOf(folder).Command is { } command
            ? (command.Arguments, RecordedPath.Full(command.WorkingFolder, folder))
            : null;
    }

    private static RunManifest ManifestOf(string folder)
    {
        var path = Path.Combine(folder, RunManifest.FileName);
        return File.Exists(path) ? RunManifest.Read(path)
            : throw new FileNotFoundException($"{folder} is no run folder: it has no {RunManifest.FileName}.", path);
    }
}
