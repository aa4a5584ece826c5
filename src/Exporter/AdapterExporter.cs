using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Exporter;

/// <summary>PEFT LoRA folders to adapters of an exported model.</summary>
public static class AdapterExporter
{
    /// <summary>Checks an adapter against its base and adds it to the model folder; one of the same name is replaced.</summary>
    /// <remarks>The file and the manifest are each written whole and renamed: readers see the state before or after.</remarks>
    /// <exception cref="AdapterRefusedException">It does not fit the base, or the graph cannot do it; with all reasons.</exception>
    /// <exception cref="InvalidDataException">A file of the adapter or the manifest is malformed.</exception>
    public static AdapterReport Export(string peftFolder, string modelFolder, string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(peftFolder);
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        AdapterName.Check(name, nameof(name));
        var manifest = ModelManifest.Read(modelFolder);
        var others = manifest.Adapters.Where(a => a.Key != name).ToArray();
        AdapterName.CheckAll([.. others.Select(a => a.Key), name], nameof(name));

        using var adapter = PeftAdapter.Open(peftFolder, manifest.LoraSlots);
        var entry = AdapterFile.Write(adapter, name, modelFolder, manifest.BaseFingerprint, cancellationToken);
        var adapters = new Dictionary<string, AdapterEntry>(others) { [name] = entry };
        (manifest with { Adapters = adapters }).Write(modelFolder);
        return AdapterFile.Report(name, entry, adapter);
    }
}
