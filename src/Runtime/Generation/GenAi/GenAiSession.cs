using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntimeGenAI;
using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// Owns every native object of one loaded model folder and disposes them in reverse order of creation. An adapter is checked, loaded and
/// put through the canary when it is first asked for, and stays loaded. Not thread-safe: one caller at a time.
/// </summary>
internal sealed class GenAiSession : IDisposable
{
    private readonly Model _model;
    private readonly Adapters _adapters;
    private readonly bool _canary;
    private readonly HashSet<string> _mounted = new(StringComparer.Ordinal);
    private float[]? _baseCanaryLogits;

    private GenAiSession(string folder, ModelManifest manifest, XlLoraTokenizer tokenizer, bool canary)
    {
        Folder = folder;
        Manifest = manifest;
        Tokenizer = tokenizer;
        _canary = canary;
        _model = new Model(folder);
        try
        {
            _adapters = new Adapters(_model);
        }
        catch
        {
            _model.Dispose();
            throw;
        }
    }

    public string Folder { get; }

    public ModelManifest Manifest { get; }

    /// <summary>Every folder that generates text has them; the manifest's reader sees to it.</summary>
    public TokenFacts Tokens => Manifest.Tokens!;

    public SamplingFacts Sampling => Manifest.Sampling!;

    public XlLoraTokenizer Tokenizer { get; }

    /// <exception cref="InvalidDataException">No manifest, or a file is missing or has another size than it records.</exception>
    /// <exception cref="NotSupportedException">It is an encoder's, or the tokenizer asks for what ours does not have.</exception>
    public static GenAiSession Load(string folder, bool canary)
    {
        var manifest = ModelManifest.Read(folder);
        if (manifest.Encoder is { } encoder)
            throw new NotSupportedException(
                $"'{folder}' is an encoder ({manifest.Family}, pooling {encoder.Pooling}): it turns texts into vectors and generates none. "
                + "Give a folder that was exported from a model that generates text, without --pooling.");
        manifest.CheckFiles(folder);
        var tokenizer = XlLoraTokenizer.Load(folder);
        GenAiLibrary.Start();
        try
        {
            return new GenAiSession(Path.GetFullPath(folder), manifest, tokenizer, canary);
        }
        catch (OnnxRuntimeGenAIException e)
        {
            var cause = manifest.LoraDtype == "fp32"
                ? "so a file was changed after the export; export the model again."
                : $"and the model was exported in {manifest.Precision}, for CUDA; for the CPU export it in fp32.";
            throw new InvalidDataException(
                $"ONNX Runtime GenAI cannot load '{folder}': {e.Message} The manifest {ModelManifest.FileName} is in order, {cause}", e);
        }
    }

    /// <summary>A generator with the adapter active from the first token; the caller disposes it.</summary>
    public Generator CreateGenerator(int batchSize, int maxLength, string? adapter, SamplingOptions sampling, int seed)
    {
        if (adapter is not null)
            Mount(adapter);
        using var parameters = new GeneratorParams(_model);
        parameters.SetSearchOption("batch_size", batchSize);
        parameters.SetSearchOption("max_length", maxLength);
        parameters.SetSearchOption("min_length", 0);
        parameters.SetSearchOption("num_beams", 1);
        parameters.SetSearchOption("do_sample", sampling.DoSample);
        parameters.SetSearchOption("temperature", sampling.Temperature);
        parameters.SetSearchOption("top_k", sampling.TopK);
        parameters.SetSearchOption("top_p", sampling.TopP);
        parameters.SetSearchOption("repetition_penalty", sampling.RepetitionPenalty);
        parameters.SetSearchOption("random_seed", seed);
        var generator = new Generator(_model, parameters);
        try
        {
            if (adapter is not null)
                generator.SetActiveAdapter(_adapters, adapter);
            return generator;
        }
        catch
        {
            generator.Dispose();
            throw;
        }
    }

    /// <summary>Loads an adapter unless it is loaded, and proves that it does something.</summary>
    /// <exception cref="ArgumentException">No adapter has this name.</exception>
    /// <exception cref="InvalidDataException">The file is missing, was changed, belongs to another base, or changes no logit.</exception>
    public void Mount(string adapter)
    {
        if (_mounted.Contains(adapter))
            return;
        if (!Manifest.Adapters.TryGetValue(adapter, out var entry))
            throw new ArgumentException(UnknownAdapter(adapter));
        var path = CheckAdapter(adapter, entry);
        try
        {
            _adapters.LoadAdapter(path, adapter);
        }
        catch (OnnxRuntimeGenAIException e)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load adapter '{adapter}' from '{path}': {e.Message}", e);
        }
        // Mounted before the canary, which asks for a generator with this adapter.
        _mounted.Add(adapter);
        try
        {
            if (_canary)
                RunCanary(adapter);
        }
        catch
        {
            _mounted.Remove(adapter);
            _adapters.UnloadAdapter(adapter);
            throw;
        }
    }

    public string UnknownAdapter(string adapter)
    {
        var known = Manifest.Adapters.Count == 0 ? "it has none" : "it has: " + string.Join(", ", Manifest.Adapters.Keys);
        return $"The model folder '{Folder}' has no adapter named '{adapter}'; {known}. 'none' means the base model.";
    }

    /// <summary>Logits after the last token of a prompt, [vocab_size].</summary>
    public float[] LastLogits(ReadOnlySpan<int> inputIds, string? adapter)
    {
        using var generator = CreateGenerator(1, inputIds.Length + 1, adapter, SamplingOptions.Greedy, seed: 0);
        generator.AppendTokens(inputIds);
        return ReadLogits(generator, row: 0);
    }

    /// <summary>Copies the logits of one row at the last position of the last run, [vocab_size].</summary>
    public float[] ReadLogits(Generator generator, int row)
    {
        using var logits = generator.GetOutput("logits");
        var shape = logits.Shape(); // [batch, 1, vocab]: the graph keeps only the last real position of each row
        if (shape is not [_, 1, _] || logits.Type() != ElementType.float32)
            throw new InvalidDataException(
                $"The graph of '{Folder}' gives logits [{string.Join(", ", shape)}] of type {logits.Type()}; " +
                "expected float32 [batch, 1, vocab].");
        var vocabulary = (int)shape[2];
        return logits.GetData<float>().Slice(row * vocabulary, vocabulary).ToArray();
    }

    public void Dispose()
    {
        _adapters.Dispose();
        _model.Dispose();
    }

    /// <summary>The file is the one that was exported, and it was exported for this base.</summary>
    private string CheckAdapter(string adapter, AdapterEntry entry)
    {
        var path = Path.GetFullPath(Path.Combine(Folder, entry.File));
        if (!path.StartsWith(Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new InvalidDataException(
                $"Adapter '{adapter}' names the file '{entry.File}', which lies outside the model folder '{Folder}'.");
        if (!File.Exists(path))
            throw new InvalidDataException($"Adapter '{adapter}': the file '{path}' does not exist. Export the adapter again.");
        FolderLinks.Check(path);
        if (entry.BaseFingerprint != Manifest.BaseFingerprint)
            throw OtherBase(adapter, path, entry.BaseFingerprint);
        var modelVersion = OnnxAdapterFile.Read(path).ModelVersion;
        if (modelVersion != BaseFingerprints.ModelVersion(Manifest.BaseFingerprint))
            throw OtherBase(adapter, path, $"model_version {modelVersion}");
        using var stream = File.OpenRead(path);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(stream));
        if (sha256 != entry.Sha256)
            throw new InvalidDataException(
                $"Adapter '{adapter}': '{path}' was changed after its export: SHA-256 is {sha256}, {ModelManifest.FileName} records " +
                $"{entry.Sha256}. Export the adapter again.");
        return path;
    }

    private InvalidDataException OtherBase(string adapter, string path, string found) => new(
        $"Adapter '{adapter}' ('{path}') was exported for another base model: its base is {found}, this folder's is " +
        $"{Manifest.BaseFingerprint}. Export the adapter for this model.");

    private void RunCanary(string adapter)
    {
        int[] prompt = [.. Manifest.Canary!.InputIds];
        _baseCanaryLogits ??= LastLogits(prompt, adapter: null);
        var adapted = LastLogits(prompt, adapter);
        if (adapted.AsSpan().SequenceEqual(_baseCanaryLogits))
            throw new InvalidDataException(
                $"Adapter '{adapter}' does nothing: the canary prompt of {prompt.Length} tokens gives the same {adapted.Length:N0} " +
                "logits with it and without it. Its factors may be zero (an untrained adapter) or belong to another model. " +
                "Mount it anyway with the canary switched off (--no-canary, or XlLoraModelOptions.Canary = false).");
    }
}
