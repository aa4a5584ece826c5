using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Training;

/// <summary>Writes a trained encoder as sentence-transformers saves a model: whole, or not at all.</summary>
/// <remarks>
/// Tensors keep the names of the checkpoint, in float32. Those that are not trained are there as they were, but heads over words, which
/// are of another model than the trained one, and buffers of integers are left out. Poolers that average layers are a
/// WeightedLayerPooling, as XL-LoRA evaluates them; <c>cls</c> is followed by a Dense.
/// </remarks>
internal sealed class SentenceTransformersWriter(
    EncoderCheckpoint checkpoint, CheckpointParameters parameters, MlpHead? head, EncoderPooler pooler)
{
    // names that every version of sentence-transformers knows (util/deprecated_import.py)
    private const string Classes = "sentence_transformers.models.";

    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    // as transformers writes JSON
    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<string> _modules = [];

    /// <param name="folder">What is written until it is whole, on the same disk; begun anew if it is there.</param>
    /// <param name="output">What it is called then: nothing, or an empty folder.</param>
    /// <param name="readme">The model card.</param>
    /// <param name="copied">Files that go along.</param>
    /// <exception cref="IOException">The disk is full, for example; <paramref name="output"/> is as it was.</exception>
    public void Write(
        string folder, string output, string readme, IReadOnlyList<string> copied, CancellationToken cancellationToken = default)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        WriteWeights(folder, cancellationToken);
        var config = checkpoint.BareConfig();
        if (pooler.AveragesLayers())
            config["output_hidden_states"] = true;
        WriteJson(folder, "config.json", config);
        foreach (var path in checkpoint.TokenizerFiles.Concat(copied))
            File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
        WriteModules(folder);
        File.WriteAllText(Path.Combine(folder, "README.md"), readme);
        if (Directory.Exists(output))
            Directory.Delete(output);
        Directory.Move(folder, output);
    }

    private void WriteWeights(string folder, CancellationToken cancellationToken)
    {
        var tensors = checkpoint.Tensors.Where(t => parameters.Contains(t.Tensor.Name) || IsKept(t.Tensor)).ToArray();
        using var file = new FileStream(Path.Combine(folder, WeightFormat.Safetensors.SingleFile), FileMode.CreateNew);
        var writer = new SafetensorsWriter(file, [.. tensors.Select(t => (t.Tensor.Name, t.Tensor.Shape))], Metadata);
        float[] buffer = [];
        foreach (var (source, tensor) in tensors)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var length = checked((int)tensor.ElementCount);
            if (buffer.Length < length)
                buffer = new float[length];
            if (parameters.Contains(tensor.Name))
                parameters.Read(tensor.Name, buffer);
            else
                ReadKept(new CheckpointTensor(source, tensor), buffer);
            writer.Write(tensor.Name, buffer.AsSpan(0, length));
        }
        file.Flush(flushToDisk: true);
    }

    private static void ReadKept(CheckpointTensor tensor, Span<float> values) => tensor.ReadRows(0, checked((int)tensor.Rows), values);

    /// <summary>Of the model without a head, such as a pooler: the names of heads begin otherwise.</summary>
    private static bool IsKept(SafetensorsTensor tensor) =>
        TextWeights.Canonical(tensor.Name).StartsWith("model.", StringComparison.Ordinal) && FloatConversion.IsSupported(tensor.DType);

    private void WriteModules(string folder)
    {
        var hidden = checkpoint.Dimensions.HiddenSize;
        _modules.Clear();
        AddModule("Transformer");
        if (pooler.AveragesLayers())
        {
            var layers = checkpoint.Dimensions.NumHiddenLayers;
            var path = AddModule(WeightedLayers.Module);
            WriteJson(folder, $"{path}/config.json",
                new() { ["word_embedding_dimension"] = hidden, ["layer_start"] = 0, ["num_hidden_layers"] = layers });
            WriteTensors(folder, path, (WeightedLayers.Tensor, [layers + 1], WeightedLayers.Of(pooler.Pooling(), layers)));
        }
        var isCls = pooler.Pooling() == EmbeddingPooling.Cls;
        WriteJson(folder, $"{AddModule("Pooling")}/config.json", new()
        {
            // the words of every version; since 5.4 there are shorter ones
            ["word_embedding_dimension"] = hidden,
            ["pooling_mode_cls_token"] = isCls,
            ["pooling_mode_mean_tokens"] = !isCls,
            ["pooling_mode_max_tokens"] = false,
            ["pooling_mode_mean_sqrt_len_tokens"] = false,
            ["pooling_mode_weightedmean_tokens"] = false,
            ["pooling_mode_lasttoken"] = false,
            ["include_prompt"] = true,
        });
        if (head is not null)
            WriteHead(folder, AddModule("Dense"), head);
        WriteJson(folder, SentenceModules.FileName, new JsonArray([.. _modules.Select((type, i) => new JsonObject
        {
            ["idx"] = i,
            ["name"] = $"{i}",
            ["path"] = i == 0 ? "" : $"{i}_{type}",
            ["type"] = Classes + type,
        })]));
        WriteJson(folder, SentenceTransformersFolder.TransformerConfigs[0],
            new() { ["max_seq_length"] = checkpoint.Facts.MaxSequenceLength, ["do_lower_case"] = checkpoint.Facts.DoLowerCase });
        WriteJson(folder, SentenceTransformersSettings.FileName,
            new() { ["prompts"] = new JsonObject(), ["default_prompt_name"] = null, ["similarity_fn_name"] = "cosine" });
    }

    private static void WriteHead(string folder, string path, MlpHead head)
    {
        WriteJson(folder, $"{path}/config.json", new()
        {
            ["in_features"] = head.Size,
            ["out_features"] = head.Size,
            ["bias"] = true,
            ["activation_function"] = "torch.nn.modules.activation.Tanh",
        });
        WriteTensors(folder, path,
            ("linear.weight", [head.Size, head.Size], head.TorchWeight()), ("linear.bias", [head.Size], head.Bias.Values.ToArray()));
    }

    /// <returns>Its folder.</returns>
    private string AddModule(string type)
    {
        _modules.Add(type);
        return $"{_modules.Count - 1}_{type}";
    }

    private static void WriteTensors(string folder, string path, params ReadOnlySpan<(string Name, long[] Shape, float[] Values)> tensors)
    {
        using var file = new FileStream(Path.Combine(folder, path, WeightFormat.Safetensors.SingleFile), FileMode.CreateNew);
        var announced = new List<(string, IReadOnlyList<long>)>();
        foreach (var (name, shape, _) in tensors)
            announced.Add((name, shape));
        var writer = new SafetensorsWriter(file, announced, Metadata);
        foreach (var (name, _, values) in tensors)
            writer.Write(name, values);
    }

    private static void WriteJson(string folder, string name, JsonObject json) => WriteJson(folder, name, (JsonNode)json);

    private static void WriteJson(string folder, string name, JsonNode json)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, json.ToJsonString(Indented) + "\n");
    }
}
