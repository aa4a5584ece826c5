using System.Security.Cryptography;

namespace XlLoraOnnx.Exporter;

/// <summary>One export: planned and checked by its constructor, adapters by <see cref="AddAdapter"/>; then written.</summary>
internal sealed class ModelExport : IDisposable
{
    private readonly WeightFormats _formats;
    private readonly (string File, OnnxGraph Graph)[] _graphs;
    private readonly TextWeights _weights;
    private readonly ModelPlan _plan;
    private readonly GenerationConfig? _generation;
    private readonly TokenizerFiles _tokenizer;
    private readonly IReadOnlyList<string> _notices;
    private readonly string? _merge;
    private readonly FlareCheckpoint? _flare;
    private readonly FlareShape? _fusion;
    private readonly List<(string Name, PeftAdapter Adapter)> _adapters = [];
    private PeftAdapter? _mergedAdapter;
    private readonly TimeSpan _journalInterval;
    private long _bytesRead;
    private readonly List<string> _ofBase = [];

    /// <param name="flare">The run that the checkpoint is of, to be closed by whoever opened it; null for none.</param>
    public ModelExport(string checkpointFolder, CheckpointFiles checkpoint, ExportOptions options, FlareCheckpoint? flare = null)
    {
        _flare = flare;
        if (flare is null && FlareRun.IsOne(checkpoint))
            throw new NotSupportedException(
                $"'{checkpointFolder}' is a run of FLARE: its weights lie under '{FlareKey.Model}'. Say with --base what it was made from.");
        if (flare is { Options.BaseFolder: null })
            throw new ArgumentException(
                $"Nothing says what '{checkpointFolder}' was made from, which has the tokenizer. Give that checkpoint with --base.");
        checkpointFolder = flare?.ConfigFolder ?? checkpointFolder;
        options = options with { Fusion = flare is null ? null : FlareShape.Of(flare) };
        _fusion = options.Fusion;
        var config = ConfigReader.Open(Path.Combine(checkpointFolder, "config.json"));
        (Architecture, var plan) = ModelFamilies.Find(
            config, options.Precision, writes: _fusion?.Head == FlareShape.LanguageModel);
        _formats = new WeightFormats(options);
        _weights = new TextWeights(checkpointFolder, checkpoint);
        _plan = plan(config, _weights, _formats, options);
        _formats.Verify();
        foreach (var (module, delta) in flare?.Merges ?? [])
            _weights.Merge(TextWeights.Canonical(module + ".weight"), delta);
        Merged = flare?.Merged();
        _generation = _plan.Tokens is null ? null
            : GenerationConfig.Read(checkpointFolder, config, _plan.Dimensions.VocabSize, _plan.Tokens);
        _tokenizer = TokenizerFiles.Read(flare?.Options.BaseFolder ?? checkpointFolder);
        _notices =
        [
            .. CheckpointNotices.Of(checkpointFolder, config, _plan),
            .. checkpoint.PickleNotice is { } pickle ? new[] { pickle } : [],
        ];
        _journalInterval = options.JournalInterval;
        _merge = options.Merge;
        _graphs = [.. _plan.Graphs.Select(g => (GraphChoice.FileName(g.Key), g.Value))];
        (var tensors, var offsets, DataBytes) = OnnxModelWriter.PlaceWeights(_graphs.Select(g => g.Graph));
        Places = [.. tensors.Zip(offsets, (tensor, offset) => new DataPlace(tensor.Proto.Name, offset, tensor.Source))];
    }

    public static string ToolVersion { get; } = typeof(ModelExport).Assembly.GetName().Version!.ToString(3);

    public string Architecture { get; }

    public string Family => _plan.Family;

    public string Precision => _plan.Precision.Name();

    public long Parameters => _plan.Dimensions.Parameters;

    public EncoderFacts? Encoder => _plan.Encoder;

    /// <summary>What the files say and the model does not do, and what it has that they do not say.</summary>
    public IReadOnlyList<string> Notices =>
    [
        .. _plan.Notices, .. _notices, .. _ofBase, .. _tokenizer.Notices, .. OfGeneration(),
        .. _adapters.SelectMany(a => AdapterNotices(a.Name, a.Adapter)),
        .. _mergedAdapter is null ? [] : AdapterNotices(_merge!, _mergedAdapter),
    ];

    public IEnumerable<OnnxGraph> Graphs => _plan.Graphs.Values;

    /// <summary>Every initializer of the data file, in its order.</summary>
    public IReadOnlyList<DataPlace> Places { get; }

    /// <summary>Length of the data file.</summary>
    public long DataBytes { get; }

    public long BytesIn => _weights.Taken.Sum(t => t.Tensor.Bytes);

    public long BytesOut => DataBytes + Graphs.Sum(g => (long)g.ToModel(ToolVersion).CalculateSize())
        + _tokenizer.Paths.Sum(path => new FileInfo(path).Length)
        + _adapters.Sum(a => a.Adapter.Modules.Sum(m => m.A.Tensor.ElementCount + m.B.Tensor.ElementCount) * _plan.ActivationType.Bytes())
        + (_flare is null ? 0 : FlareAdapterFile.Bytes(_flare.Trained, _plan.ActivationType));

    /// <summary>What was folded into the weights; null for nothing.</summary>
    public MergedAdapter? Merged { get; private set; }

    /// <exception cref="AdapterRefusedException">It does not fit, or the graph cannot do it.</exception>
    public void AddAdapter(string name, string folder)
    {
        if (_plan.LoraSlots.Count == 0)
            throw new NotSupportedException(
                $"The adapter '{name}' cannot be exported for {Architecture}: encoders take none. Merge it into the checkpoint first.");
        var adapter = PeftAdapter.Open(folder, _plan.LoraSlots);
        if (name == _merge)
            Merge(name, adapter);
        else
            _adapters.Add((name, adapter));
    }

    /// <summary>Of an adapter of FLARE alone: whether this is the model that it was trained over, as far as it says so; reads the
    /// weights.</summary>
    /// <exception cref="InvalidDataException">It is another one.</exception>
    public void CheckBase(CancellationToken cancellationToken)
    {
        if (_flare?.Run.Alone?.BaseFingerprint is null)
            return;
        var found = Fingerprint(cancellationToken);
        // they are taken again as the weights are read, which counts what is read
        _weights.Hashes.Clear();
        if (FlareFingerprint.Compare(_flare, found) is { } notice)
            _ofBase.Add(notice);
    }

    /// <param name="output">What the folder will be called.</param>
    public ExportReport Write(
        PartialFolder partial, string output, MemoryBudget budget, IProgress<ExportProgress>? progress, CancellationToken cancellationToken)
    {
        var folder = partial.ModelFolder;
        var dataSha256 = WriteWeights(partial, budget, progress, cancellationToken);
        OnnxModelWriter.Write(_graphs, folder, ToolVersion);
        if (_plan.Encoder is null && _plan.GenAiType is not null)
        {
            using var stream = File.Create(Path.Combine(folder, GenAiConfig.FileName));
            GenAiConfig.Write(stream, _plan, _generation!);
        }
        foreach (var path in _tokenizer.Paths)
            File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
        var files = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(path => Describe(path, dataSha256)).ToArray();

        var fingerprint = Fingerprint(cancellationToken);
        var adapters = WriteAdapters(folder, fingerprint, progress, cancellationToken);
        Manifest(files, fingerprint, adapters).Write(folder);
        return Report(folder, output, fingerprint, adapters);
    }

    public void Dispose()
    {
        _adapters.ForEach(a => a.Adapter.Dispose());
        _mergedAdapter?.Dispose();
    }

    /// <summary>A merged model is a base of its own: adapters of the original do not fit it.</summary>
    private string Fingerprint(CancellationToken cancellationToken)
    {
        var original = _weights.Fingerprint(cancellationToken);
        return Merged is null ? original : BaseFingerprints.OfMerged(original, Merged.Sha256);
    }

    private void Merge(string name, PeftAdapter adapter)
    {
        _mergedAdapter = adapter;
        foreach (var module in adapter.Modules)
            _weights.Merge(module.Slot.Name + ".weight",
                new LoraDelta(new CheckpointTensor(module.A), new CheckpointTensor(module.B), module.Scale));
        Merged = new MergedAdapter(name, adapter.Fingerprint(), adapter.Coverage);
    }

    /// <returns>SHA-256 of the data file, in hexadecimal digits.</returns>
    private string WriteWeights(
        PartialFolder partial, MemoryBudget budget, IProgress<ExportProgress>? progress, CancellationToken cancellationToken)
    {
        foreach (var (tensor, sha256) in partial.Journal.Entries.Hashes)
            _weights.Hashes[tensor] = sha256;
        _bytesRead = _weights.Taken.Where(t => !_weights.Hashes.ContainsKey(t.Name)).Sum(t => t.Tensor.Bytes);
        var path = Path.Combine(partial.ModelFolder, OnnxModelWriter.DataFile);
        using var data = new WeightFile(path, Places, DataBytes, partial.Resumes);
        var total = Places.Sum(p => p.Source.Bytes);
        WeightWriter.Write(data, _weights, partial.Journal, budget, _journalInterval,
            done => progress?.Report(new ExportProgress("weights", done, total)), cancellationToken);
        return data.Sha256(done => progress?.Report(new ExportProgress("reading back", done, DataBytes)), cancellationToken);
    }

    private Dictionary<string, AdapterEntry> WriteAdapters(
        string folder, string fingerprint, IProgress<ExportProgress>? progress, CancellationToken cancellationToken)
    {
        var entries = new Dictionary<string, AdapterEntry>();
        var type = _plan.ActivationType;
        var total = _adapters.Sum(a => a.Adapter.Modules.Sum(m => m.A.Tensor.ElementCount + m.B.Tensor.ElementCount) * type.Bytes());
        foreach (var (name, adapter) in _adapters)
        {
            entries.Add(name, AdapterFile.Write(adapter, name, folder, fingerprint, type, cancellationToken));
            progress?.Report(new ExportProgress("adapters", entries.Values.Sum(e => e.Parameters) * type.Bytes(), total));
        }
        if (_flare is not null)
            entries.Add(_flare.Run.Adapter, FlareAdapterFile.Write(
                _flare.Trained, _flare.Run.Adapter, folder, fingerprint, type, cancellationToken));
        return entries;
    }

    private ModelManifest Manifest(
        IReadOnlyList<ManifestFile> files, string fingerprint, IReadOnlyDictionary<string, AdapterEntry> adapters) => new()
        {
            SchemaVersion = ModelManifest.CurrentSchemaVersion,
            ToolVersion = ToolVersion,
            Family = _plan.Family,
            Architecture = Architecture,
            ModelType = _plan.ModelType,
            Precision = _plan.Precision.Name(),
            Quantization = _formats.Facts(),
            LoraDtype = ExportPrecisions.LoraDType(_plan.ActivationType),
            Graphs = _plan.Graphs.Keys.ToDictionary(role => role, GraphChoice.FileName),
            Merged = Merged,
            BaseFingerprint = fingerprint,
            Dimensions = _plan.Dimensions,
            Decoder = Decoder(),
            Encoder = _plan.Encoder is null ? null : _plan.Encoder with { Tokens = Tokens() },
            Flare = _fusion?.ToFacts(_flare!.Settings, _plan.Dimensions.HiddenSize, _plan.Family),
            Canary = _generation is null ? null : new CanaryPrompt(_tokenizer.CanaryIds(
                _generation.BosTokenId, _plan.Dimensions.VocabSize, [.. _generation.EosTokenIds, _generation.PadTokenId])),
            Files = files,
            LoraSlots = _plan.LoraSlots,
            Coverage = _weights.Coverage,
            Adapters = adapters,
        };

    private IEnumerable<string> OfGeneration()
    {
        if (_generation is null || _plan.Encoder is not null)
            yield break;
        if (_generation.Assumed.Count > 0)
            yield return $"No file says {string.Join(", ", _generation.Assumed)}: these are the defaults of {_plan.Tokens!.Class} in "
                + "transformers. If answers should end at other tokens, name them in a generation_config.json.";
        if (_generation.Ignored.Count > 0)
            yield return DecoderFacts.DescribeIgnored(_generation.Ignored);
    }

    /// <summary>Null where texts become vectors.</summary>
    private DecoderFacts? Decoder() => _plan.Encoder is not null ? null : new DecoderFacts
    {
        Tokens = Tokens()!,
        Sampling = _generation!.Sampling,
        EmbeddingScale = _plan.EmbeddingScale!,
        Caches = _plan.Caches,
        Translation = _plan.Translation,
        IgnoredSettings = _generation.Ignored is { Count: > 0 } ignored ? ignored : null,
    };

    /// <summary>Null for an encoder that was none before.</summary>
    private TokenFacts? Tokens() => _generation is null ? null : new TokenFacts
    {
        BosTokenId = _generation.BosTokenId,
        EosTokenIds = _generation.EosTokenIds,
        PadTokenId = _generation.PadTokenId,
        HasChatTemplate = _tokenizer.HasChatTemplate,
    };

    private static ManifestFile Describe(string path, string dataSha256)
    {
        var name = Path.GetFileName(path);
        using var stream = File.OpenRead(path);
        var sha256 = name == OnnxModelWriter.DataFile ? dataSha256 : Convert.ToHexStringLower(SHA256.HashData(stream));
        return new ManifestFile(name, stream.Length, sha256);
    }

    private ExportReport Report(string folder, string output, string fingerprint, Dictionary<string, AdapterEntry> adapters) => new()
    {
        Folder = output,
        Family = _plan.Family,
        Precision = _plan.Precision.Name(),
        Parameters = _plan.Dimensions.Parameters,
        ContextLength = _plan.Dimensions.ContextLength,
        Encoder = Encoder,
        BaseFingerprint = fingerprint,
        BytesWritten = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length),
        BytesRead = _bytesRead,
        PeakMemory = 0,
        Elapsed = TimeSpan.Zero,
        Notices = Notices,
        Coverage = _weights.Coverage,
        Adapters = adapters,
    };

    private static IEnumerable<string> AdapterNotices(string name, PeftAdapter adapter) =>
        adapter.Config.Notices.Concat(adapter.PickleNotice is { } pickle ? [pickle] : []).Select(notice => $"{name}: {notice}");
}
