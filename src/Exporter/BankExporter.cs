
namespace XlLoraOnnx.Exporter;

/// <summary>Adapters of a model folder to one bank, so that one batch can serve them all.</summary>
public static class BankExporter
{
    /// <summary>
    /// Writes <c>adapters/NAME.bank.onnx_adapter</c> for the folder's <c>model.continuous.onnx</c>, whose input <c>lora_mask</c>
    /// [batch, 1, rank of the bank] says which ranks each row of a batch sees: ones for its adapter's, zeros elsewhere; all zeros is the
    /// base.
    /// </summary>
    /// <param name="modelFolder">Model folder with that graph and the adapters.</param>
    /// <param name="name">Name of the bank; one of the same name is replaced.</param>
    /// <param name="adapters">Names of adapters of the folder, in the order of the bank; null for all.</param>
    /// <param name="cancellationToken">Checked between tensors.</param>
    /// <exception cref="ArgumentException">The folder has no such adapter.</exception>
    /// <exception cref="InvalidDataException">An adapter file is damaged, or was made for another base.</exception>
    /// <exception cref="NotSupportedException">The folder was exported without that graph.</exception>
    public static BankReport Export(
        string modelFolder, string name, IReadOnlyList<string>? adapters = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        AdapterName.Check(name, nameof(name));
        var manifest = ModelManifest.Read(modelFolder);
        if (!manifest.Graphs.ContainsKey(GraphRoles.Continuous))
            throw new NotSupportedException(
                $"'{modelFolder}' has no graph for adapter banks. Export the model again, with its graph '{GraphRoles.Continuous}'.");
        var names = adapters ?? [.. manifest.Adapters.Keys];
        if (names.Count == 0)
            throw new ArgumentException($"'{modelFolder}' has no adapters to put into a bank. Add some with `xllora-onnx export adapter`.");
        AdapterName.CheckAll(names, nameof(adapters));
        var type = ExportPrecisions.ParseLoraDType(manifest.LoraDtype, modelFolder);
        var bank = new AdapterBank(names.Select(n => (n, Open(modelFolder, manifest, n))), type);

        var file = $"adapters/{name}.bank.onnx_adapter";
        var (bytes, sha256) = AdapterFile.WriteWhole(Path.Combine(modelFolder, file), stream => OnnxAdapterWriter.Write(
            stream, BaseFingerprints.ModelVersion(manifest.BaseFingerprint), bank.Tensors(manifest.LoraSlots), cancellationToken));
        var entry = new BankEntry
        {
            File = file,
            Bytes = bytes,
            Sha256 = sha256,
            BaseFingerprint = manifest.BaseFingerprint,
            Rank = bank.Rank,
            Adapters = bank.Members.ToDictionary(m => m.Name, m => new BankRange(m.FirstRank, m.Rank)),
        };
        var banks = new Dictionary<string, BankEntry>(manifest.Banks ?? new Dictionary<string, BankEntry>()) { [name] = entry };
        (manifest with { Banks = banks }).Write(modelFolder);
        return new BankReport(name, file, bank.Rank, [.. bank.Members.Select(m => new BankAdapter(m.Name, m.FirstRank, m.Rank))]);
    }

    private static OnnxAdapterFile Open(string modelFolder, ModelManifest manifest, string name)
    {
        if (!manifest.Adapters.TryGetValue(name, out var entry))
            throw new ArgumentException(
                $"'{modelFolder}' has no adapter named '{name}'; it has: {string.Join(", ", manifest.Adapters.Keys)}.");
        var file = OnnxAdapterFile.Read(Path.Combine(modelFolder, entry.File));
        return file.ModelVersion == BaseFingerprints.ModelVersion(manifest.BaseFingerprint) ? file : throw new InvalidDataException(
            $"'{file.Path}' was made for another base (model_version {file.ModelVersion}). Export the adapter again.");
    }
}

/// <summary>A bank that was written.</summary>
/// <param name="File">Relative to the model folder.</param>
/// <param name="Rank">Width of <c>lora_mask</c>.</param>
/// <param name="Adapters">Where each adapter stands in it.</param>
public sealed record BankReport(string Name, string File, int Rank, IReadOnlyList<BankAdapter> Adapters);

/// <summary>One adapter of a bank.</summary>
/// <param name="FirstRank">The first of its ranks in <c>lora_mask</c>.</param>
/// <param name="Rank">How many there are.</param>
public sealed record BankAdapter(string Name, int FirstRank, int Rank);
