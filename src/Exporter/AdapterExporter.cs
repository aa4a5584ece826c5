namespace XlLoraOnnx.Exporter;

/// <summary>PEFT LoRA folders, and adapters of FLARE, to adapters of an exported model.</summary>
public static class AdapterExporter
{
    /// <summary>Checks an adapter against its base and adds it to the model folder; one of the same name is replaced.</summary>
    /// <remarks>The file and the manifest are each written whole and renamed: readers see the state before or after.
    /// A folder of <see cref="FlareExporter"/>, or a whole run of FLARE, goes to a model folder that was exported from a run, and must have
    /// its fusion, source and head.</remarks>
    /// <exception cref="AdapterRefusedException">It does not fit the base, or the graph cannot do it; with all reasons.</exception>
    /// <exception cref="InvalidDataException">A file of the adapter or the manifest is malformed.</exception>
    public static AdapterEntry Export(
        string peftFolder, string modelFolder, string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(peftFolder);
        AdapterName.Check(name, nameof(name));
        return Export(new Dictionary<string, string> { [name] = peftFolder }, modelFolder, cancellationToken)[name];
    }

    /// <summary>Several at once; all are checked before the first is written.</summary>
    /// <param name="adapters">Name → PEFT folder.</param>
    /// <returns>Name → what the manifest now says of it.</returns>
    /// <inheritdoc cref="Export(string, string, string, CancellationToken)"/>
    public static IReadOnlyDictionary<string, AdapterEntry> Export(
        IReadOnlyDictionary<string, string> adapters, string modelFolder, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(adapters);
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        var manifest = ModelManifest.Read(modelFolder);
        var ofFlare = adapters.Where(a => FlareAddition.IsOne(a.Value, manifest)).Select(a => a.Key).ToHashSet();
        if (manifest.LoraSlots.Count == 0 && ofFlare.Count < adapters.Count)
            throw new NotSupportedException(
                $"'{modelFolder}' is an encoder's ({manifest.Family}) and takes no adapters. "
                + "Merge them into the checkpoint before the export.");
        var kept = manifest.Adapters.Where(a => !adapters.ContainsKey(a.Key)).ToArray();
        AdapterName.CheckAll([.. kept.Select(a => a.Key), .. adapters.Keys], nameof(adapters));

        var opened = new List<(string Name, PeftAdapter Adapter)>();
        var additions = new List<(string Name, FlareAddition Adapter)>();
        try
        {
            foreach (var (name, folder) in adapters)
            {
                if (ofFlare.Contains(name))
                    additions.Add((name, new FlareAddition(folder, modelFolder, manifest, cancellationToken)));
                else
                    opened.Add((name, PeftAdapter.Open(folder, manifest.LoraSlots)));
            }
            var type = ExportPrecisions.ParseLoraDType(manifest.LoraDtype, modelFolder);
            var entries = new Dictionary<string, AdapterEntry>(kept);
            foreach (var (name, adapter) in opened)
                entries[name] = AdapterFile.Write(adapter, name, modelFolder, manifest.BaseFingerprint, type, cancellationToken);
            foreach (var (name, addition) in additions)
                entries[name] = addition.Write(name, modelFolder, manifest, type, cancellationToken);
            (manifest with { Adapters = entries }).Write(modelFolder);
            return adapters.Keys.ToDictionary(name => name, name => entries[name]);
        }
        finally
        {
            opened.ForEach(o => o.Adapter.Dispose());
            additions.ForEach(a => a.Adapter.Dispose());
        }
    }
}
