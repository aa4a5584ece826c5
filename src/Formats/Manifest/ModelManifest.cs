using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace XlLoraOnnx.Formats;

/// <summary>
/// <c>xllora.json</c>: what the exporter promises and the runtime checks. One definition, compiled into both packages;
/// the packages still meet only on disk.
/// </summary>
public sealed record ModelManifest
{
    public const string FileName = "xllora.json";
    public const int CurrentSchemaVersion = 2;
    private const long MaxBytes = 100_000_000;

    public required int SchemaVersion { get; init; }
    public required string ToolVersion { get; init; }
    /// <summary>Exporter family, e.g. <c>gemma3</c>.</summary>
    public required string Family { get; init; }
    /// <summary>Hugging Face <c>architectures[0]</c> and <c>model_type</c> of the checkpoint (the text part's).</summary>
    public required string Architecture { get; init; }
    public required string ModelType { get; init; }
    /// <summary><c>fp32</c>, <c>fp16</c>, <c>bf16</c>, <c>int8</c>, <c>int8w</c>, <c>int4</c> or <c>nf4</c>.</summary>
    public required string Precision { get; init; }
    /// <summary>Absent when no weight is quantised.</summary>
    public QuantizationFacts? Quantization { get; init; }
    /// <summary>Type of the LoRA inputs, and so of the adapter files: <c>fp32</c>, <c>fp16</c> or <c>bf16</c>.</summary>
    public required string LoraDtype { get; init; }
    /// <summary>
    /// What a graph is for (<see cref="GraphRoles"/>) → its file; all read the same data file.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Graphs { get; init; }
    /// <summary>The adapter that was folded into the weights; absent when none was.</summary>
    public MergedAdapter? Merged { get; init; }
    /// <summary><c>sha256:</c> + hex; see <see cref="BaseFingerprints"/>.</summary>
    public required string BaseFingerprint { get; init; }
    public required ModelDimensions Dimensions { get; init; }
    /// <summary>Of a folder that generates text. A manifest has exactly one kind: this one or <see cref="Encoder"/>.</summary>
    public DecoderFacts? Decoder { get; init; }
    /// <summary>Of a folder that turns texts into vectors.</summary>
    public EncoderFacts? Encoder { get; init; }
    /// <summary>Of a folder with an adapter of FLARE; absent in others.</summary>
    public FlareFacts? Flare { get; init; }
    /// <summary>There where the model takes adapters.</summary>
    public CanaryPrompt? Canary { get; init; }
    /// <summary>Every file of the folder but this one and the adapters, paths relative with '/'.</summary>
    public required IReadOnlyList<ManifestFile> Files { get; init; }
    /// <summary>Every linear module that takes an adapter, in graph order.</summary>
    public required IReadOnlyList<LoraSlot> LoraSlots { get; init; }
    /// <summary>Every tensor of the checkpoint.</summary>
    public required IReadOnlyList<TensorCoverage> Coverage { get; init; }
    /// <summary>Adapter name → what it is; names are unique, order is the order of export.</summary>
    public required IReadOnlyDictionary<string, AdapterEntry> Adapters { get; init; }
    /// <summary>Bank name → what it is; absent when there are none.</summary>
    public IReadOnlyDictionary<string, BankEntry>? Banks { get; init; }

    public static ModelManifest Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The model folder '{folder}' does not exist.");
        if (!File.Exists(path))
            throw new InvalidDataException(
                $"'{folder}' is not an exported model folder: it has no {FileName}. Make one with `xllora-onnx export`.");
        FolderLinks.Check(path);
        using var stream = File.OpenRead(path);
        if (stream.Length > MaxBytes)
            throw new NotSupportedException($"'{path}' has {stream.Length:N0} bytes; up to {MaxBytes:N0} are read.");
        var manifest = Parse(stream, path, ManifestJson.Default.ModelManifest);
        manifest = manifest.SchemaVersion switch
        {
            CurrentSchemaVersion => manifest,
            ManifestVersion1.SchemaVersion => Parse(stream, path, ManifestVersion1Json.Default.ManifestVersion1).Convert(manifest, path),
            var other => throw new NotSupportedException(
                $"'{path}' has schema_version {other}; this version reads {ManifestVersion1.SchemaVersion} and {CurrentSchemaVersion}. "
                + "Export the model again."),
        };
        manifest.CheckEntries(path);
        return manifest.WithNamesOfToday();
    }

    private static T Parse<T>(FileStream stream, string path, JsonTypeInfo<T> type)
    {
        try
        {
            stream.Position = 0;
            return JsonSerializer.Deserialize(stream, type)
                ?? throw new InvalidDataException($"'{path}' holds 'null' where the manifest should be.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' is not a valid manifest: {e.Message} Export the model again.", e);
        }
    }

    /// <summary>Before products were computed of integers, <c>int8</c> meant what <c>int8w</c> means.</summary>
    private ModelManifest WithNamesOfToday() => Quantization is not { ActivationBits: null } facts ? this : this with
    {
        Precision = Precision == "int8" ? "int8w" : Precision,
        Quantization = facts with
        {
            Overrides = [.. facts.Overrides.Select(o => o.EndsWith("=int8", StringComparison.Ordinal) ? o + "w" : o)],
        },
    };

    /// <summary>What the serializer lets through: null within lists, and files that lie elsewhere.</summary>
    private void CheckEntries(string path)
    {
        if (Files.Contains(null!) || LoraSlots.Contains(null!) || Coverage.Contains(null!) || Adapters.Values.Contains(null!)
            || Adapters.Values.Any(a => a.Coverage.Contains(null!)))
            throw new InvalidDataException($"'{path}' has null among its files, slots, coverage or adapters. Export the model again.");
        if ((Decoder is null) == (Encoder is null))
            throw new InvalidDataException($"'{path}' has {(Decoder is null ? "neither decoder nor encoder" : "both decoder and encoder")}"
                + "; a model folder is exactly one of them. Export the model again.");
        if (Decoder is not null && Canary is null)
            throw new InvalidDataException($"'{path}' is a decoder's and lacks canary. Export the model again.");
        Decoder?.Check(path);
        Encoder?.CheckPrompts(path);
        if (Files.FirstOrDefault(f => Path.IsPathRooted(f.Path) || f.Path.Split('/', '\\').Contains("..")) is { } outside)
            throw new InvalidDataException($"'{path}' names the file '{outside.Path}', which lies outside the model folder.");
    }

    /// <summary><see cref="Flare"/> with what one of the <see cref="Adapters"/> was trained for, which may be another task or language than
    /// that of the first; null for a folder without.</summary>
    /// <param name="adapter">Its name.</param>
    public FlareFacts? FlareOf(string adapter)
    {
        if (Flare is null || Adapters.GetValueOrDefault(adapter)?.Flare is not { } own)
            return Flare;
        return Flare with
        {
            Task = own.Task,
            JoinsTexts = own.JoinsTexts,
            MaxLength = own.MaxLength,
            SourceLanguage = own.SourceLanguage,
            TargetLanguage = own.TargetLanguage,
        };
    }

    /// <summary>Every file is there, has its recorded size, and lies in the folder; hashes are the business of <c>verify</c>.</summary>
    /// <exception cref="InvalidDataException">Says which file is not as it was exported.</exception>
    public void CheckFiles(string folder)
    {
        foreach (var file in Files)
        {
            FolderLinks.Check(Path.Combine(folder, file.Path));
            var info = new FileInfo(Path.Combine(folder, file.Path));
            if (info.LinkTarget is not null) // a link has a length of its own
                info = (FileInfo)info.ResolveLinkTarget(returnFinalTarget: true)!;
            if (!info.Exists)
                throw new InvalidDataException(
                    $"The model folder '{folder}' lacks '{file.Path}' ({file.Bytes:N0} bytes). Export the model again.");
            if (info.Length != file.Bytes)
                throw new InvalidDataException(
                    $"'{info.FullName}' has {info.Length:N0} bytes; {FileName} records {file.Bytes:N0}. "
                    + "It was truncated or changed; export the model again.");
        }
    }

    /// <summary>Writes to a temporary name and renames, so that a reader sees the old or the new manifest and nothing between.</summary>
    public void Write(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var temporary = path + ".tmp";
        using (var stream = File.Create(temporary))
        {
            JsonSerializer.Serialize(stream, this, ManifestJson.Default.ModelManifest);
            stream.Write("\n"u8);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }
}

public sealed record QuantizationFacts
{
    public required int BlockSize { get; init; }
    public required bool Symmetric { get; init; }
    /// <summary>ONNX Runtime's: 1 computes in float32, 4 with activations of 8 bits.</summary>
    public required int AccuracyLevel { get; init; }
    /// <summary>8 where products are computed of integers, activations with a scale for each token (<c>int8</c>); absent in other
    /// folders.</summary>
    public int? ActivationBits { get; init; }
    /// <summary><c>pattern=format</c>; the last that matches a module holds.</summary>
    public required IReadOnlyList<string> Overrides { get; init; }
}

public sealed record ModelDimensions
{
    public required int VocabSize { get; init; }
    public required int HiddenSize { get; init; }
    public required int IntermediateSize { get; init; }
    public required int NumHiddenLayers { get; init; }
    public required int NumAttentionHeads { get; init; }
    public required int NumKeyValueHeads { get; init; }
    public required int HeadDim { get; init; }
    /// <summary>Positions that a token sees in some layers, itself included; null where no layer has a window.</summary>
    public int? SlidingWindow { get; init; }
    /// <summary>Rows of the rotary caches: the longest prompt plus answer, in tokens.</summary>
    public required int ContextLength { get; init; }
    public required long Parameters { get; init; }
}

/// <summary>The prompt that is run with and without an adapter when it is mounted.</summary>
public sealed record CanaryPrompt(IReadOnlyList<int> InputIds);

public sealed record ManifestFile(string Path, long Bytes, string Sha256);

/// <param name="Name">Graph input prefix, e.g. <c>model.layers.0.self_attn.q_proj</c>; inputs are <c>Name.lora_A.weight</c> [in, r] and
/// <c>Name.lora_B.weight</c> [r, out].</param>
public sealed record LoraSlot(string Name, int InFeatures, int OutFeatures);

/// <param name="Sha256">Of its modules, scales and weights.</param>
public sealed record MergedAdapter(string Name, string Sha256, IReadOnlyList<TensorCoverage> Coverage);

/// <summary>Several adapters in one file, for the bank graph.</summary>
public sealed record BankEntry
{
    /// <summary>Relative to the model folder, with '/'.</summary>
    public required string File { get; init; }
    public required long Bytes { get; init; }
    public required string Sha256 { get; init; }
    public required string BaseFingerprint { get; init; }
    /// <summary>Width of the mask input <c>lora_mask</c> [batch, 1, rank].</summary>
    public required int Rank { get; init; }
    /// <summary>Adapter → its ranks in the bank.</summary>
    public required IReadOnlyDictionary<string, BankRange> Adapters { get; init; }
}

public sealed record BankRange(int FirstRank, int Rank);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
