using System.Security.Cryptography;
using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Exporter;

/// <summary>Hugging Face checkpoint folders to model folders.</summary>
public static class ModelExporter
{
    private const string Precision = "fp32";

    internal static string ToolVersion { get; } = typeof(ModelExporter).Assembly.GetName().Version!.ToString(3);

    /// <summary>Exports a checkpoint, with its adapters if there are any, to a new folder.</summary>
    /// <remarks>
    /// Everything is checked before a weight is written. The folder is written under a temporary name beside <paramref name="outputFolder"/>
    /// and renamed when complete; a failure or a cancellation leaves nothing behind. Weights are streamed: memory stays small whatever the
    /// size of the model. The same input gives the same bytes.
    /// </remarks>
    /// <exception cref="InvalidDataException">A file of the checkpoint or of an adapter is malformed.</exception>
    /// <exception cref="NotSupportedException">The checkpoint is valid but would be exported wrongly.</exception>
    /// <exception cref="AdapterRefusedException">An adapter does not fit or uses what the graph cannot do; all reasons are given.</exception>
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
        var export = new Exporting(checkpointFolder, checkpoint, options);
        return ModelFolder.WriteWhole(output, folder => export.Write(folder, output, progress, cancellationToken));
    }

    /// <summary>One export, planned and checked by its constructor.</summary>
    private sealed class Exporting
    {
        private readonly string _architecture;
        private readonly TextWeights _weights;
        private readonly ModelPlan _plan;
        private readonly GenerationConfig _generation;
        private readonly TokenizerFiles _tokenizer;

        public Exporting(string checkpointFolder, SafetensorsCheckpoint checkpoint, ExportOptions options)
        {
            var config = ConfigReader.Open(Path.Combine(checkpointFolder, "config.json"));
            (_architecture, var plan) = ModelFamilies.Find(config);
            _weights = new TextWeights(checkpointFolder, checkpoint);
            _plan = plan(config, _weights, options.ContextLength);
            _generation = GenerationConfig.Read(checkpointFolder, config, _plan.Dimensions.VocabSize);
            _tokenizer = TokenizerFiles.Read(checkpointFolder);
        }

        public ExportReport Write(string folder, string output, IProgress<ExportProgress>? progress, CancellationToken cancellationToken)
        {
            var dataSha256 = OnnxModelWriter.Write(_plan.Graph, folder, ToolVersion,
                (done, total) => progress?.Report(new ExportProgress("weights", done, total)), cancellationToken);
            using (var stream = File.Create(Path.Combine(folder, GenAiConfig.FileName)))
                GenAiConfig.Write(stream, _plan, _generation);
            foreach (var path in _tokenizer.Paths)
                File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
            var manifest = Manifest(folder, dataSha256, _weights.Fingerprint());
            manifest.Write(folder);
            return Report(folder, output, manifest, []);
        }

        private ModelManifest Manifest(string folder, string dataSha256, string fingerprint) => new()
        {
            SchemaVersion = ModelManifest.CurrentSchemaVersion,
            ToolVersion = ToolVersion,
            Family = _plan.Family,
            Architecture = _architecture,
            ModelType = _plan.ModelType,
            Precision = Precision,
            BaseFingerprint = fingerprint,
            Dimensions = _plan.Dimensions,
            EmbeddingScale = _plan.EmbeddingScale,
            Tokens = new TokenFacts
            {
                BosTokenId = _generation.BosTokenId,
                EosTokenIds = _generation.EosTokenIds,
                PadTokenId = _generation.PadTokenId,
                HasChatTemplate = _tokenizer.HasChatTemplate,
            },
            Sampling = _generation.Sampling,
            Canary = new CanaryPrompt(_tokenizer.CanaryIds(
                _generation.BosTokenId, _plan.Dimensions.VocabSize, [.. _generation.EosTokenIds, _generation.PadTokenId])),
            Files = [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(path => Describe(path, dataSha256))],
            LoraSlots = _plan.LoraSlots,
            Coverage = [.. _weights.Coverage.Select(c => c.ToRow())],
            Adapters = new Dictionary<string, AdapterEntry>(),
        };

        private static ManifestFile Describe(string path, string dataSha256)
        {
            var name = Path.GetFileName(path);
            using var stream = File.OpenRead(path);
            var sha256 = name == OnnxModelWriter.DataFile ? dataSha256 : Convert.ToHexStringLower(SHA256.HashData(stream));
            return new ManifestFile(name, stream.Length, sha256);
        }

        private ExportReport Report(string folder, string output, ModelManifest manifest, IReadOnlyList<AdapterReport> adapters) => new()
        {
            Folder = output,
            Family = manifest.Family,
            Precision = manifest.Precision,
            Parameters = manifest.Dimensions.Parameters,
            ContextLength = manifest.Dimensions.ContextLength,
            BaseFingerprint = manifest.BaseFingerprint,
            BytesWritten = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length),
            Coverage = _weights.Coverage,
            Adapters = adapters,
        };
    }
}
