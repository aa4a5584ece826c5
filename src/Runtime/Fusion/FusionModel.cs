using System.Security.Cryptography;
using System.Text.Json;

namespace XlLoraOnnx.Runtime;

/// <summary>A loaded folder with adapters of FLARE: rows of texts to what its graph gives for them. Calls wait for one another.</summary>
internal sealed class FusionModel : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ModelManifest _manifest;
    private readonly FusionRun _run;
    private readonly PaddedRows _padding;
    private readonly SourceStates? _sources;
    private readonly TranslationEncoder? _translation;
    private bool _isDisposed;

    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It is not a complete model folder, or a file of it was changed.</exception>
    /// <exception cref="NotSupportedException">It has no adapter of FLARE.</exception>
    /// <exception cref="ArgumentException">An option does not go with the folder.</exception>
    public FusionModel(string folder, FusionOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        OptionProblem.ThrowIfAny(options.Problems());
        _manifest = ModelManifest.Read(folder);
        Options = options;
        Folder = Path.GetFullPath(folder);
        Facts = _manifest.Flare ?? throw new NotSupportedException($"'{folder}' ({_manifest.Family}) has no adapter of FLARE, and so no "
            + "head for classes or answers. Export a run of FLARE: xllora-onnx export RUN --base BASE.");
        _manifest.CheckFiles(folder);
        Tokenizer = XlLoraTokenizer.Load(folder);
        Tasks = new AdapterTasks(_manifest, Facts, Tokenizer, options);
        _padding = new PaddedRows(IsDecoder, PadTokenId());
        if (Facts.Source == TranslationEncoder.Kind != (options.TranslationModel is not null))
            throw new ArgumentException(Facts.Source == TranslationEncoder.Kind
                ? $"The adapter of '{folder}' reads states of a translation model's encoder (FLARE-MT): give the folder of that model."
                : $"The adapter of '{folder}' reads no states of a translation model, and one is given: '{options.TranslationModel}'.");
        _run = new FusionRun(Folder, _manifest, options.Adapter, device: options.Device);
        try
        {
            _translation = options.TranslationModel is { } translator ? new TranslationEncoder(translator, options, Facts) : null;
            // those of a translation model are padded on its own side
            _sources = Facts.SourceDimension is { } dimension
                ? new SourceStates(_translation is null ? _run.SourceStates : _translation.States,
                    _translation is null ? _padding : _translation.Padding, dimension, options.MaxSourceBytes)
                : null;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Folder { get; }

    public FusionOptions Options { get; }

    public FlareFacts Facts { get; }

    public XlLoraTokenizer Tokenizer { get; }

    public AdapterTasks Tasks { get; }

    /// <summary>Of rows that name no adapter.</summary>
    public TaskEncoding Encoding => Tasks.Encoding(null);

    public bool IsDecoder => Facts.Head == "language_model";

    /// <summary>Whether rows are read together with the same text in another language.</summary>
    public bool TakesSource => Facts.Source == "model" || Tasks.Of(null).JoinsTexts;

    public int ContextLength => _manifest.Dimensions.ContextLength;

    public IReadOnlyList<int> EosTokenIds => _manifest.Decoder?.Tokens.EosTokenIds ?? [];

    public string Fingerprint => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new
    {
        _manifest.BaseFingerprint,
        Adapters = _manifest.Adapters.Select(a => $"{a.Key} {a.Value.Sha256}"),
        Files = _manifest.Files.Select(f => $"{f.Path} {f.Sha256}"),
        _run.Adapter,
        Tasks.Task,
        Encoding.MaxLength,
        Options.Labels,
        Options.Padding,
        Options.Schedule,
        Options.MaxNewTokens,
        Options.MaxAnswerTokens,
        Options.TextLanguage,
        Translation = _translation?.Fingerprint,
    })));

    public IReadOnlyCollection<string> Adapters => [.. _manifest.Adapters.Keys];

    /// <summary>Of the translation model; null without one.</summary>
    public int? TranslationVocabSize => _translation?.VocabSize;

    /// <summary>Sources that were read so far; one that repeats is read once.</summary>
    public long SourcesRead => _sources?.Read ?? 0;

    /// <exception cref="ArgumentException">A text is missing; a source is given that the adapter cannot read; there is no such adapter.
    /// </exception>
    public TaskRow Encode(int index, TaskText text, TaskText? source, string? adapter)
    {
        Tasks.Check(index, adapter);
        var (facts, encoding) = (Tasks.Of(adapter), Tasks.Encoding(adapter));
        if (source is not null && Facts.Source != "model" && !facts.JoinsTexts)
            throw new ArgumentException($"Row {index} has a source, and the adapter reads "
                + $"{(_translation is null ? "one language alone" : "its second language from a translation model")}. "
                + "Leave the source out.");
        if (facts.JoinsTexts)
            return new TaskRow(index, encoding.Encode(text, source), null, adapter);
        var second = _translation is { } mt ? mt.Encode(encoding.Task, text, IsDecoder, encoding.MaxLength)
            : source is null ? null : encoding.Encode(source).Ids;
        return new TaskRow(index, encoding.Encode(text), second, adapter);
    }

    /// <summary>Runs rows in batches of one adapter and of like length.</summary>
    /// <param name="work">Gets a batch, and what runs it.</param>
    /// <param name="more">Tokens that a row may get beyond its own.</param>
    public void Run(IReadOnlyList<TaskRow> rows, int more, Action<IReadOnlyList<TaskRow>> work, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            foreach (var batch in TaskBatches.Of(rows, Tasks.Default, batch => Width(batch) + more, Options.TokensPerBatch))
            {
                cancellationToken.ThrowIfCancellationRequested();
                work(batch);
            }
        }
    }

    /// <summary>Tokens that rows of a batch are padded to.</summary>
    public int Width(IReadOnlyList<TaskRow> batch)
    {
        var longest = batch.Max(r => r.Length);
        if (Options.Padding == FusionPadding.Masked)
            return longest;
        var adapter = batch[0].Adapter;
        return Math.Max(longest, Tasks.Encoding(adapter).MaxLength * (Tasks.Of(adapter).JoinsTexts ? 2 : 1));
    }

    /// <summary>Rows with their sources, as the graph reads them.</summary>
    public FusionRows Rows(IReadOnlyList<TaskRow> batch, int width)
    {
        var target = _padding.Of([.. batch.Select(r => r.Target.Ids)], width);
        if (_sources is null || batch.All(r => r.Source is null))
            return FusionRows.Alone(target);
        int[]?[] sources = [.. batch.Select(r => r.Source)];
        var isWhole = Options.Padding == FusionPadding.Released;
        var rows = isWhole ? FusionRows.Released(target, []) : FusionRows.Alone(target);
        return rows with
        {
            SourceMask = (_translation?.Padding ?? _padding).Mask(sources, width, isWhole),
            SourceStates = States(sources, width),
        };
    }

    public float[][] Run(FusionRows rows, IReadOnlyList<string> outputs, string? adapter, FusionCache? cache = null) =>
        _run.Run(rows, outputs, adapter, cache);

    public float[][] RunBase(FusionRows rows, IReadOnlyList<string> outputs, FusionCache? cache = null) =>
        _run.RunBase(rows, outputs, cache);

    /// <inheritdoc cref="FusionRun.NewCache"/>
    public FusionCache NewCache() => _run.NewCache();

    /// <summary>Rows of ids as the graph reads them.</summary>
    public EncoderRows Padded(IReadOnlyList<int[]> rows, int width) => _padding.Of(rows, width);

    /// <summary>States of sources where <see cref="Padded"/> puts their tokens.</summary>
    public IReadOnlyList<float[]> States(IReadOnlyList<int[]?> sources, int width) => Options.Padding == FusionPadding.Released
        ? _sources!.Whole(sources, width) : _sources!.Masked(sources, width);

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _translation?.Dispose();
            _run.Dispose();
        }
    }

    private int PadTokenId()
    {
        if (_manifest.Encoder is { } encoder)
            return encoder.PadTokenId;
        // FLARE adds a row for padding to Llama's table, the last one, which no file of the tokenizer has
        return _manifest.Family == "llama" ? _manifest.Dimensions.VocabSize - 1 : _manifest.Decoder!.Tokens.PadTokenId;
    }
}
