using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>The graph for scoring of a folder that translates, in ONNX Runtime itself on the CPU, with one adapter or none.</summary>
internal sealed class TranslationRun : IDisposable
{
    /// <summary>Begins the names of the encoder's states.</summary>
    public const string State = "encoder_hidden_states.";

    private readonly ModelFolder _folder;
    private readonly InferenceSession _session;
    private readonly OrtLoraAdapter? _adapter;

    /// <exception cref="InvalidDataException">There is no such graph, or ONNX Runtime cannot load it or the adapter.</exception>
    public TranslationRun(ModelFolder folder, string? adapter)
    {
        _folder = folder;
        if (folder.Manifest.LoraDtype != "fp32")
            throw new InvalidDataException($"ONNX Runtime cannot run '{folder.FullPath}' on the CPU: the model was exported in "
                + $"{folder.Manifest.Precision}, for CUDA; for the CPU export it in fp32.");
        if (!folder.Manifest.Graphs.TryGetValue(GraphRoles.Scoring, out var file))
            throw new InvalidDataException($"'{folder.FullPath}' has no graph for '{GraphRoles.Scoring}'; it has: "
                + $"{string.Join(", ", folder.Manifest.Graphs.Keys)}. Export the model again.");
        var path = adapter is null ? null : new AdapterCatalog(folder).Verify(adapter);
        using var options = QuietSession.Options();
        _session = OrtDecoderDevice.Open(Path.Combine(folder.FullPath, file), options, DeviceName.Parse("cpu"));
        try
        {
            _adapter = path is null ? null : OrtLoraAdapter.Create(path, null);
        }
        catch (OnnxRuntimeException e)
        {
            _session.Dispose();
            throw new InvalidDataException($"ONNX Runtime cannot load adapter '{adapter}' from '{path}': {e.Message}", e);
        }
    }

    /// <param name="ids">[rows, length]: what the encoder is given.</param>
    /// <param name="attention">[rows, length]: 1, and 0 for padding.</param>
    /// <param name="targets">[rows, n]: what the decoder is given.</param>
    /// <returns>Every output by its name.</returns>
    public Dictionary<string, float[]> Score(long[] ids, long[] attention, long[] targets, int rows) =>
        Score(ids, attention, targets, rows, _session.OutputNames);

    /// <summary>The logits after the start token, of one text.</summary>
    /// <param name="source">As the encoder reads it.</param>
    public float[] First(IReadOnlyList<int> source) => Score([.. source.Select(id => (long)id)], [.. source.Select(_ => 1L)],
        [_folder.Decoder.Translation!.DecoderStartTokenId], rows: 1)["logits"];

    /// <summary>What the encoder gives after its last norm, [rows, length, hidden].</summary>
    public float[] EncoderStates(EncoderRows rows)
    {
        // the decoder is run as well, and reads one token
        var starts = new long[rows.Count];
        Array.Fill(starts, _folder.Decoder.Translation!.DecoderStartTokenId);
        var last = _session.OutputNames.Last(name => name.StartsWith(State, StringComparison.Ordinal));
        return Score(rows.InputIds, rows.AttentionMask, starts, rows.Count, [last])[last];
    }

    public void Dispose()
    {
        _adapter?.Dispose();
        _session.Dispose();
    }

    private Dictionary<string, float[]> Score(long[] ids, long[] attention, long[] targets, int rows, IReadOnlyList<string> names)
    {
        using var inputIds = OrtValue.CreateTensorValueFromMemory(ids, [rows, ids.Length / rows]);
        using var mask = OrtValue.CreateTensorValueFromMemory(attention, [rows, attention.Length / rows]);
        using var target = OrtValue.CreateTensorValueFromMemory(targets, [rows, targets.Length / rows]);
        using var options = new RunOptions();
        if (_adapter is not null)
            options.AddActiveLoraAdapter(_adapter);
        try
        {
            using var outputs = _session.Run(
                options, ["input_ids", "attention_mask", "decoder_input_ids"], [inputIds, mask, target], names);
            return names.Zip(outputs).ToDictionary(o => o.First, o => o.Second.GetTensorDataAsSpan<float>().ToArray());
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"ONNX Runtime cannot run {rows} rows on '{_folder.FullPath}': {e.Message}", e);
        }
    }
}
