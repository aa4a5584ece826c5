namespace XlLoraOnnx.Exporter;

/// <summary>Adapters of FLARE (Fusing Language Representations, arXiv 2501.06892) without their models.</summary>
public static class FlareExporter
{
    /// <summary>Writes the adapter of a run as a PEFT folder with a flare_config.json, which <see cref="ModelExporter"/> and
    /// <see cref="AdapterExporter"/> take again.</summary>
    /// <remarks>
    /// A run that holds all weights needs no base. With base and the run of the task, weights of the model that the run has trained itself
    /// are told from those that it only holds. The folder is whole or not there. The weights are read once, for the fingerprint.
    /// </remarks>
    /// <param name="runFolder">What FLARE's trainer saved.</param>
    /// <param name="options">With <see cref="FlareOptions.AdapterFolder"/>.</param>
    /// <param name="cancellationToken">Checked between tiles of weights.</param>
    /// <exception cref="ArgumentException">What has to be given is missing.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or the run is not of this base.</exception>
    /// <exception cref="NotSupportedException">Something is valid and none of what FLARE writes.</exception>
    /// <exception cref="IOException">The folder exists and is not empty, or cannot be written; the disk is full.</exception>
    public static FlareAdapterReport ExportAdapter(
        string runFolder, FlareOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runFolder);
        ArgumentNullException.ThrowIfNull(options);
        var output = FlareFolder.CheckFree(options.AdapterFolder
            ?? throw new ArgumentException("AdapterFolder does not say where to write.", nameof(options)));
        using var flare = new FlareCheckpoint(runFolder, options);
        return FlareFolderExport.Write(flare, output, FlareFingerprint.Of(flare, cancellationToken), cancellationToken);
    }
}
