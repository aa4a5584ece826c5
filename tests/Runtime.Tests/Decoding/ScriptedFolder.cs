using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace XlLoraOnnx.Runtime.Tests;

/// <summary>A model folder without a model, for <see cref="ScriptedDevice"/>: a tokenizer, a manifest and adapters.</summary>
internal sealed class ScriptedFolder : IDisposable
{
    public const int ContextLength = 128;

    private static readonly string Recorded = Repository.Data("official", "adapter3.onnx_adapter");

    private readonly TemporaryFolder _folder = new();

    public ScriptedFolder(params string[] adapters)
        : this(translates: false, adapters)
    {
    }

    private ScriptedFolder(bool translates, string[] adapters)
    {
        if (translates)
            NllbCheckpoint.Write(_folder.Path);
        else
            foreach (var file in (string[])["tokenizer.json", "tokenizer_config.json"])
                File.Copy(Repository.Demo("base", file), _folder.File(file));
        File.Copy(Recorded, AdapterFile);
        var manifest = Manifest(adapters);
        (translates ? Translating(manifest) : manifest).Write(_folder.Path);
        Model = ModelFolder.Load(_folder.Path);
    }

    /// <summary>Whether the model has a module, so that adapters have a size.</summary>
    public bool BytesOfAnAdapter
    {
        init
        {
            if (!value)
                return;
            (Model.Manifest with { LoraSlots = [new LoraSlot("model.layers.0.self_attn.q_proj", 3, 5)] }).Write(_folder.Path);
            Model = ModelFolder.Load(_folder.Path);
        }
    }

    /// <summary>Of a model with an encoder, for <see cref="ScriptedSourceDevice"/>.</summary>
    public static ScriptedFolder Translator(params string[] adapters) => new(translates: true, adapters);

    public ModelFolder Model { get; private init; }

    /// <summary>Of this base.</summary>
    public string AdapterFile => _folder.File("some.onnx_adapter");

    public ContinuousTextGenerator Generator(
        ScriptedDevice device, int slots = 8, int prefillTokens = 16, int residentAdapters = 4, long? maxAdapterBytes = null) =>
        new(Model, [device], new ContinuousOptions(slots, prefillTokens, residentAdapters) { MaxAdapterBytes = maxAdapterBytes });

    public ContinuousTextGenerator Generator(
        IReadOnlyList<ScriptedDevice> devices, int slots = 8, int prefillTokens = 16, int residentAdapters = 4, ILogger? logger = null) =>
        new(Model, devices, new ContinuousOptions(slots, prefillTokens, residentAdapters) { Logger = logger ?? NullLogger.Instance });

    public void Dispose() => _folder.Dispose();

    private static ModelManifest Manifest(string[] adapters) => new()
    {
        SchemaVersion = ModelManifest.CurrentSchemaVersion,
        ToolVersion = "test",
        Family = "test",
        Architecture = "test",
        ModelType = "test",
        Precision = "fp32",
        LoraDtype = "fp32",
        Graphs = new Dictionary<string, string>(),
        // whose model_version is the recorded file's, 17
        BaseFingerprint = "sha256:00000011" + new string('0', 56),
        Dimensions = new ModelDimensions
        {
            VocabSize = ScriptedDevice.Vocabulary,
            HiddenSize = 1,
            IntermediateSize = 1,
            NumHiddenLayers = 1,
            NumAttentionHeads = 1,
            NumKeyValueHeads = 1,
            HeadDim = 1,
            ContextLength = ContextLength,
            Parameters = 1,
        },
        Decoder = new DecoderFacts
        {
            Tokens = new TokenFacts { BosTokenId = 2, EosTokenIds = [1, 6], PadTokenId = 0, HasChatTemplate = true },
            Sampling = new SamplingFacts { DoSample = true, Temperature = 1, TopK = 20, TopP = 0.95f, RepetitionPenalty = 1 },
            EmbeddingScale = new EmbeddingScale(1, "none"),
            Caches = [CacheEntry.OfSelfAttention(layer: 0, heads: 1, headDim: 1, window: null)],
        },
        Canary = new CanaryPrompt([2, .. Enumerable.Range(10, 12)]),
        Files = [],
        LoraSlots = [],
        Coverage = [],
        Adapters = adapters.ToDictionary(a => a, _ => Adapter()),
    };

    private static ModelManifest Translating(ModelManifest manifest) => manifest with
    {
        Dimensions = manifest.Dimensions with { VocabSize = 2206 },
        Decoder = manifest.Decoder! with
        {
            Caches = [.. manifest.Decoder.Caches, CacheEntry.OfCrossAttention(layer: 0, heads: 1, headDim: 1)],
            Translation = new TranslationFacts { DecoderStartTokenId = 2, MaxSourceLength = 64 },
        },
    };

    private static AdapterEntry Adapter() => new()
    {
        File = "some.onnx_adapter",
        Bytes = new FileInfo(Recorded).Length,
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Recorded))),
        BaseFingerprint = "sha256:00000011" + new string('0', 56),
        PeftType = "LORA",
        MaxRank = 1,
        MinRank = 1,
        LoraAlpha = 1,
        UseRslora = false,
        Modules = 1,
        Parameters = 1,
        Coverage = [],
    };
}
