using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Tests;

/// <summary>A Dense module of a test: its config.json, and weights in float32.</summary>
/// <param name="Activation">As torch spells the class, without <c>torch.nn.modules.</c>.</param>
/// <param name="Weight">[out, in]</param>
/// <param name="Bias">[out]; null for none.</param>
internal sealed record TestDense(int In, int Out, string Activation, float[] Weight, float[]? Bias)
{
    public static TestDense Random(int @in, int @out, string activation = "activation.Tanh", bool bias = true, int seed = 7)
    {
        var random = new Random(seed);
        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1) * 0.4f)];
        return new TestDense(@in, @out, activation, Numbers(@in * @out), bias ? Numbers(@out) : null);
    }

    public JsonObject Config => new()
    {
        ["in_features"] = In,
        ["out_features"] = Out,
        ["bias"] = Bias is not null,
        ["activation_function"] = "torch.nn.modules." + Activation,
    };

    public SafetensorsBuilder Weights
    {
        get
        {
            var weights = new SafetensorsBuilder().Add("linear.weight", "F32", [Out, In], MemoryMarshal.AsBytes(Weight.AsSpan()));
            return Bias is null ? weights : weights.Add("linear.bias", "F32", [Out], MemoryMarshal.AsBytes(Bias.AsSpan()));
        }
    }
}

/// <summary>The files that sentence-transformers puts beside a checkpoint.</summary>
internal static class SentenceTransformersFiles
{
    /// <param name="checkpoint">The folder that gets them.</param>
    /// <param name="pooling">The Pooling's config.json.</param>
    /// <param name="modules">After the Pooling, each a <see cref="TestDense"/>, or the type of a module without files.</param>
    public static void Write(string checkpoint, string pooling, params object[] modules)
    {
        var list = new JsonArray(Entry("Transformer", ""), Entry("Pooling", "1_Pooling"));
        Write("1_Pooling", "config.json", pooling);
        foreach (var module in modules)
        {
            var path = $"{list.Count}_{module as string ?? "Dense"}";
            list.Add(Entry(module as string ?? "Dense", path));
            if (module is not TestDense dense)
                continue;
            Write(path, "config.json", dense.Config.ToJsonString());
            dense.Weights.Save(Path.Combine(checkpoint, path, "model.safetensors"));
        }
        Write("", "modules.json", list.ToJsonString());

        void Write(string folder, string name, string text) =>
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(checkpoint, folder)).FullName, name), text);

        static JsonObject Entry(string type, string path) =>
            new() { ["path"] = path, ["type"] = "sentence_transformers.models." + type };
    }
}
