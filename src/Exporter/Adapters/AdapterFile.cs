
namespace XlLoraOnnx.Exporter;

/// <summary>
/// Writes a checked adapter into a model folder: factors as the graph takes them, the scale folded into B in float32, rounded once.
/// </summary>
internal static class AdapterFile
{
    private const string Folder = "adapters";

    public static AdapterEntry Write(
        PeftAdapter adapter, string name, string modelFolder, string baseFingerprint, OnnxType type,
        CancellationToken cancellationToken)
    {
        var (file, path) = PlaceOf(name, modelFolder);
        var (bytes, sha256) = WriteTo(path, adapter, baseFingerprint, type, cancellationToken);
        return new AdapterEntry
        {
            File = file,
            Bytes = bytes,
            Sha256 = sha256,
            BaseFingerprint = baseFingerprint,
            PeftType = adapter.Config.PeftType,
            MinRank = adapter.Modules.Min(m => m.Rank),
            MaxRank = adapter.Modules.Max(m => m.Rank),
            LoraAlpha = (float)adapter.Config.Alpha,
            UseRslora = adapter.Config.UseRslora,
            Modules = adapter.Modules.Count,
            Parameters = adapter.Modules.Sum(m => m.A.Tensor.ElementCount + m.B.Tensor.ElementCount),
            Coverage = adapter.Coverage,
            Notices = adapter.Config.Notices,
        };
    }

    /// <summary>Where the file of an adapter lies, as the manifest says it and in full; its folder is made.</summary>
    public static (string File, string Path) PlaceOf(string name, string modelFolder)
    {
        var path = Path.Combine(modelFolder, Folder, name + ".onnx_adapter");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return ($"{Folder}/{name}.onnx_adapter", path);
    }

    /// <summary>The file alone, wherever it is to lie.</summary>
    public static (long Bytes, string Sha256) WriteTo(
        string path, PeftAdapter adapter, string baseFingerprint, OnnxType type, CancellationToken cancellationToken) =>
        WriteWhole(path, stream =>
            OnnxAdapterWriter.Write(stream, BaseFingerprints.ModelVersion(baseFingerprint), Tensors(adapter, type), cancellationToken));

    private static List<OnnxAdapterTensor> Tensors(PeftAdapter adapter, OnnxType type)
    {
        var tensors = new List<OnnxAdapterTensor>();
        foreach (var (slot, a, b, rank, scale) in adapter.Modules)
        {
            Add(slot.Name + ".lora_A.weight", [slot.InFeatures, rank], new CheckpointTensor(a).Transposed());
            Add(slot.Name + ".lora_B.weight", [rank, slot.OutFeatures], new CheckpointTensor(b).Transposed(scale));
        }
        return tensors;

        void Add(string name, long[] dims, TensorSource source) =>
            tensors.Add(new OnnxAdapterTensor(name, dims, source.To(type, name), type));
    }

    /// <summary>Under a temporary name, then renamed.</summary>
    public static (long Bytes, string Sha256) WriteWhole(string path, Action<Stream> write)
    {
        var temporary = $"{path}.partial-{Guid.NewGuid().ToString("N")[..8]}";
        try
        {
            long bytes;
            string sha256;
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            using (var hashing = new HashingStream(file))
            {
                write(hashing);
                file.Flush(flushToDisk: true);
                (bytes, sha256) = (hashing.BytesWritten, hashing.Sha256Hex());
            }
            File.Move(temporary, path, overwrite: true);
            return (bytes, sha256);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
