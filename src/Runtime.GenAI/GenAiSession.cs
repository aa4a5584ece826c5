using Microsoft.ML.OnnxRuntimeGenAI;

namespace XlLoraOnnx.Runtime.GenAI;

/// <summary>
/// Owns every native object of one loaded model folder and disposes them in reverse order of creation. An adapter is checked, loaded and
/// put through the canary when it is first asked for, and stays loaded. Not thread-safe: one caller at a time.
/// </summary>
internal sealed class GenAiSession : IDisposable
{
    private readonly Model _model;
    private readonly Adapters _adapters;
    private readonly AdapterCatalog _catalog;
    private readonly bool _canary;
    /// <summary>Name → edition in the catalog.</summary>
    private readonly Dictionary<string, long> _mounted = new(StringComparer.Ordinal);
    private float[]? _baseCanaryLogits;

    private GenAiSession(ModelFolder folder, AdapterCatalog catalog, bool canary)
    {
        Folder = folder;
        _catalog = catalog;
        _canary = canary;
        _model = new Model(folder.FullPath);
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

    public ModelFolder Folder { get; }

    public ModelManifest Manifest => Folder.Manifest;

    public TokenFacts Tokens => Folder.Tokens;

    /// <param name="folder">A folder that generates text.</param>
    /// <param name="catalog">Its adapters.</param>
    /// <param name="canary">Whether an adapter must change the logits of the canary prompt.</param>
    /// <exception cref="InvalidDataException">The native library cannot load the graph.</exception>
    public static GenAiSession Load(ModelFolder folder, AdapterCatalog catalog, bool canary)
    {
        GenAiLibrary.Start();
        try
        {
            return new GenAiSession(folder, catalog, canary);
        }
        catch (OnnxRuntimeGenAIException e)
        {
            var manifest = folder.Manifest;
            var cause = manifest.LoraDtype == "fp32"
                ? "so a file was changed after the export; export the model again."
                : $"and the model was exported in {manifest.Precision}, for CUDA; for the CPU export it in fp32.";
            throw new InvalidDataException(
                $"ONNX Runtime GenAI cannot load '{folder.FullPath}': {e.Message} "
                + $"The manifest {ModelManifest.FileName} is in order, {cause}", e);
        }
    }

    /// <summary>A generator with the adapter active from the first token; the caller disposes it.</summary>
    /// <param name="neverStop">Whether no stop token may be chosen.</param>
    public Generator CreateGenerator(
        int batchSize, int maxLength, string? adapter, SamplingOptions sampling, int seed, bool neverStop = false)
    {
        if (adapter is not null)
            Mount(adapter);
        using var parameters = new GeneratorParams(_model);
        parameters.SetSearchOption("batch_size", batchSize);
        parameters.SetSearchOption("max_length", maxLength);
        parameters.SetSearchOption("min_length", neverStop ? maxLength : 0);
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
        UnmountRemoved();
        if (_mounted.ContainsKey(adapter))
            return;
        var edition = _catalog.Edition(adapter) ?? throw new ArgumentException(_catalog.UnknownAdapter(adapter));
        var path = _catalog.Verify(adapter);
        try
        {
            _adapters.LoadAdapter(path, adapter);
        }
        catch (OnnxRuntimeGenAIException e)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load adapter '{adapter}' from '{path}': {e.Message}", e);
        }
        // Mounted before the canary, which asks for a generator with this adapter.
        _mounted.Add(adapter, edition);
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

    /// <summary>Gives back the memory of adapters that the catalog has no more, or has under the same name from another file.</summary>
    public void UnmountRemoved()
    {
        foreach (var (adapter, edition) in _mounted)
        {
            if (_catalog.Edition(adapter) == edition)
                continue;
            _mounted.Remove(adapter);
            _adapters.UnloadAdapter(adapter);
        }
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
                $"The graph of '{Folder.FullPath}' gives logits [{string.Join(", ", shape)}] of type {logits.Type()}; " +
                "expected float32 [batch, 1, vocab].");
        var vocabulary = (int)shape[2];
        return logits.GetData<float>().Slice(row * vocabulary, vocabulary).ToArray();
    }

    public void Dispose()
    {
        _adapters.Dispose();
        _model.Dispose();
    }

    private void RunCanary(string adapter)
    {
        int[] prompt = [.. Manifest.Canary!.InputIds];
        _baseCanaryLogits ??= LastLogits(prompt, adapter: null);
        var adapted = LastLogits(prompt, adapter);
        CanaryCheck.Require(adapter, prompt.Length, _baseCanaryLogits, adapted);
    }
}
