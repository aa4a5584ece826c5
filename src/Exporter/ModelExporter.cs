using System.Diagnostics;

namespace XlLoraOnnx.Exporter;

/// <summary>Hugging Face checkpoint folders to model folders.</summary>
public static class ModelExporter
{
    /// <summary>What <see cref="Export"/> would do: sizes, memory, disk, time, and every problem it would refuse for.</summary>
    /// <remarks>Writes nothing but a probe of a few MiB beside the output, which is removed at once.</remarks>
    /// <exception cref="InvalidDataException">A file of the checkpoint is malformed: there is nothing to plan.</exception>
    /// <exception cref="NotSupportedException">The checkpoint is valid but would be exported wrongly.</exception>
    public static ExportPlan Plan(string checkpointFolder, string outputFolder, ExportOptions? options = null)
    {
        using var preparation = Prepare(checkpointFolder, outputFolder, options);
        return preparation.ToPlan();
    }

    /// <summary>Exports a checkpoint, with its adapters if there are any, to a new folder.</summary>
    /// <remarks>
    /// Everything is checked before a weight is written. The folder is made in <paramref name="outputFolder"/><c>.partial</c> and renamed
    /// when complete; after an interruption of any kind the same call continues there. Weights are streamed: memory stays below
    /// <see cref="ExportOptions.MaxRam"/> whatever the size of the model. The same input gives the same bytes.
    /// </remarks>
    /// <exception cref="InvalidDataException">A file of the checkpoint or of an adapter is malformed.</exception>
    /// <exception cref="NotSupportedException">The checkpoint is valid but would be exported wrongly.</exception>
    /// <exception cref="AdapterRefusedException">An adapter does not fit, or the graph cannot do it; with all reasons.</exception>
    /// <exception cref="IOException">The output folder exists and is not empty, or cannot be written; the disk is full.</exception>
    /// <exception cref="ArgumentException">The memory ceiling is too small; says what is needed.</exception>
    /// <exception cref="ExportRefusedException">Several of these at once.</exception>
    /// <exception cref="ExportInterruptedException">It was cancelled and can be continued.</exception>
    public static ExportReport Export(string checkpointFolder, string outputFolder, ExportOptions? options = null,
        IProgress<ExportProgress>? progress = null, CancellationToken cancellationToken = default) =>
        ExportIfAccepted(checkpointFolder, outputFolder, options, _ => true, progress, cancellationToken)!;

    /// <summary>As <see cref="Export"/>, for who has a look at what is written before it gets its name.</summary>
    /// <param name="accepts">Given the folder that is to be renamed. What it does not accept is deleted; what it throws leaves the folder
    /// to the next call.</param>
    /// <returns>Null where it was not accepted.</returns>
    internal static ExportReport? ExportIfAccepted(string checkpointFolder, string outputFolder, ExportOptions? options,
        Func<string, bool> accepts, IProgress<ExportProgress>? progress, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var preparation = Prepare(checkpointFolder, outputFolder, options);
        PartialFolder.RemoveLeftovers(outputFolder);
        preparation.ThrowIfRefused();
        var report = preparation.Run(accepts, progress, cancellationToken);
        return report is null ? null
            : report with { Elapsed = Stopwatch.GetElapsedTime(started), PeakMemory = ProcessMemory.Peak };
    }

    /// <summary>Does on a thread of its own what <see cref="Export"/> does.</summary>
    /// <inheritdoc cref="Export" path="/remarks|/exception"/>
    /// <param name="progress">Told on that thread, which waits for it.</param>
    /// <param name="cancellationToken">
    /// Looked at once everything is checked, and then for every tile of weights; the export can be continued afterwards.
    /// </param>
    public static async Task<ExportReport> ExportAsync(string checkpointFolder, string outputFolder, ExportOptions? options = null,
        IProgress<ExportProgress>? progress = null, CancellationToken cancellationToken = default) =>
        await OwnThread.RunAsync(
            () => Export(checkpointFolder, outputFolder, options, progress, cancellationToken), cancellationToken).ConfigureAwait(false);

    private static ExportPreparation Prepare(string checkpointFolder, string outputFolder, ExportOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkpointFolder);
        ArgumentException.ThrowIfNullOrEmpty(outputFolder);
        if (!Directory.Exists(checkpointFolder))
            throw new DirectoryNotFoundException($"The checkpoint folder '{checkpointFolder}' does not exist.");
        options ??= new ExportOptions();
        AdapterName.CheckAll(options.Adapters.Keys, nameof(options));
        return new ExportPreparation(checkpointFolder, outputFolder, options);
    }
}
