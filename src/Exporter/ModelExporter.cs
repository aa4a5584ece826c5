namespace XlLoraOnnx.Exporter;

/// <summary>Hugging Face checkpoint folders to model folders.</summary>
public static class ModelExporter
{
    /// <summary>Exports a checkpoint, with its adapters if there are any, to a new folder.</summary>
    /// <remarks>
    /// Everything is checked before a weight is written. The folder is written under a temporary name beside
    /// <paramref name="outputFolder"/> and renamed when complete; a failure or a cancellation leaves nothing behind. Weights are streamed:
    /// memory stays small whatever the size of the model. The same input gives the same bytes.
    /// </remarks>
    /// <exception cref="InvalidDataException">A file of the checkpoint or of an adapter is malformed.</exception>
    /// <exception cref="NotSupportedException">The checkpoint is valid but would be exported wrongly.</exception>
    /// <exception cref="AdapterRefusedException">An adapter does not fit, or the graph cannot do it; with all reasons.</exception>
    /// <exception cref="IOException">The output folder exists and is not empty, or cannot be written.</exception>
    public static ExportReport Export(string checkpointFolder, string outputFolder, ExportOptions? options = null,
        IProgress<ExportProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkpointFolder);
        ArgumentException.ThrowIfNullOrEmpty(outputFolder);
        if (!Directory.Exists(checkpointFolder))
            throw new DirectoryNotFoundException($"The checkpoint folder '{checkpointFolder}' does not exist.");
        options ??= new ExportOptions();
        AdapterName.CheckAll(options.Adapters.Keys, nameof(options));
        var output = ModelFolder.CheckFree(outputFolder);

        using var checkpoint = SafetensorsCheckpoint.Open(checkpointFolder);
        using var export = new ModelExport(checkpointFolder, checkpoint, options);
        return ModelFolder.WriteWhole(output, folder => export.Write(folder, output, progress, cancellationToken));
    }
}
