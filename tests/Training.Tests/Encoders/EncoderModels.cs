using System.Runtime.InteropServices;

namespace XlLoraOnnx.Training.Tests;

/// <summary>Checkpoints of encoders, and changed copies of them.</summary>
internal static class EncoderModels
{
    public static string Folder(string model) => model == "demo-encoder" ? Repository.DemoEncoder() : Repository.Data("models", model);

    /// <summary>A copy whose tensors are called otherwise, with some more.</summary>
    public static string Renamed(TemporaryFolder folder, string model, Func<string, string> name, Action<SafetensorsBuilder> add)
    {
        var copy = Folder(model).CopyTo(folder, "base");
        var path = Path.Combine(copy, "model.safetensors");
        var tensors = new SafetensorsBuilder();
        using (var file = SafetensorsFile.Open(path))
        {
            foreach (var tensor in file.Tensors.Values)
            {
                var bytes = new byte[tensor.Bytes];
                file.ReadBytes(tensor, 0, bytes);
                tensors.Add(name(tensor.Name), tensor.DType, [.. tensor.Shape], bytes);
            }
        }
        add(tensors);
        tensors.Save(path);
        return copy;
    }

    /// <summary>A copy with a head of a masked language model, drawn at random.</summary>
    /// <param name="rename">A tensor of the head to its name, or to null, which leaves it out; null for names as they are.</param>
    public static string WithHead(
        TemporaryFolder folder, string model, int hidden, int words, Func<string, string?>? rename = null)
    {
        var (dense, norm, bias) = model switch
        {
            "bert" => ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias"),
            "modernbert" => ("head.dense", "head.norm", "decoder.bias"),
            _ => ("lm_head.dense", "lm_head.layer_norm", "lm_head.bias"),
        };
        List<(string Name, long[] Shape)> tensors = [(dense + ".weight", [hidden, hidden]), (norm + ".weight", [hidden]), (bias, [words])];
        if (model != "modernbert")
            tensors.AddRange([(dense + ".bias", [hidden]), (norm + ".bias", [hidden])]);
        return Renamed(folder, model, name => name, file =>
        {
            foreach (var (i, (name, shape)) in tensors.Index())
            {
                if ((rename is null ? name : rename(name)) is { } given)
                    file.AddNumbers(given, shape, 100 + (ulong)i);
            }
        });
    }

    public static SafetensorsBuilder AddNumbers(this SafetensorsBuilder tensors, string name, long[] shape, ulong seed) =>
        tensors.Add(name, "F32", shape,
            MemoryMarshal.AsBytes(TrainingSteps.Numbers((int)shape.Aggregate(1L, (a, b) => a * b), seed).AsSpan()));

    public static async Task<float[][]> EmbedAsync(string checkpoint, string output, ExportOptions? options = null)
    {
        ModelExporter.Export(checkpoint, output, options);
        using var embedder = TextEmbedder.Load(output);
        var vectors = await embedder.EmbedAsync(Texts);
        return [.. Enumerable.Range(0, vectors.Rows).Select(row => vectors[row].ToArray())];
    }

    private static readonly string[] Texts = ["The cook buys bread in the garden.", "water", "今天老师在厨房里搬水。"];
}
