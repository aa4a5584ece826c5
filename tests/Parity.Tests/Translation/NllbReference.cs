namespace XlLoraOnnx.Parity.Tests;

/// <summary>
/// What transformers computed for the small NLLB-200 of the reference data: three English sentences, right-padded, with the base or one
/// of its adapters.
/// </summary>
internal sealed class NllbReference : IDisposable
{
    public const double Tolerance = 1e-4;

    public static readonly string[] Languages = ["hin_Deva", "hau_Latn", "spa_Latn", "deu_Latn"];

    /// <summary>Those with teacher forcing.</summary>
    public static readonly string[] Scored = ["hin_Deva", "hau_Latn"];

    public static readonly string[] Adapters = ["eng_Latn-hin_Deva", "eng_Latn-hau_Latn"];

    private static readonly Lazy<string> Exported = new(() => Export(new ExportOptions()));

    private static readonly Lazy<string> Written = new(() => NllbCheckpoint.Write(ExportedModels.Temporary("nllb-checkpoint")));

    private readonly SafetensorsFile _file;

    /// <param name="adapter">Null for the base.</param>
    public NllbReference(string? adapter) => _file = SafetensorsFile.Open(Recorded(adapter, "expected.safetensors"));

    public static string Checkpoint => Written.Value;

    /// <summary>In float32, with both adapters.</summary>
    public static string Folder => Exported.Value;

    public long[] InputIds => _file.ReadInt64("input_ids");

    public long[] AttentionMask => _file.ReadInt64("attention_mask");

    public int Rows => (int)_file.Tensors["input_ids"].Shape[0];

    public float[] Floats(string name) => _file.ReadFloat32(name);

    public long[] Ids(string name) => _file.ReadInt64(name);

    public IReadOnlyList<long> Shape(string name) => _file.Tensors[name].Shape;

    public bool Has(string name) => _file.Tensors.ContainsKey(name);

    /// <summary>Of each row, without padding.</summary>
    public int[][] Sources()
    {
        var (ids, mask, width) = (InputIds, AttentionMask, InputIds.Length / Rows);
        return [.. Enumerable.Range(0, Rows).Select(r =>
            Enumerable.Range(r * width, width).Where(i => mask[i] == 1).Select(i => (int)ids[i]).ToArray())];
    }

    /// <param name="adapter">Null for the base.</param>
    public static string Recorded(string? adapter, string file) =>
        adapter is null ? Repository.Data("models", "nllb", "base", file) : Path.Combine(AdapterFolder(adapter), file);

    public static string AdapterFolder(string adapter) => Repository.Data("models", "nllb", "adapters", adapter);

    public static string Export(ExportOptions options)
    {
        var output = ExportedModels.Temporary($"nllb-{options.Precision.Name()}-{Guid.NewGuid():N}");
        ModelExporter.Export(Checkpoint, output, options with { Adapters = Adapters.ToDictionary(a => a, AdapterFolder) });
        return output;
    }

    public void Dispose() => _file.Dispose();
}
