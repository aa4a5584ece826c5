using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Adapters.Tests;

/// <summary>PEFT folders made in tests, and what a folder computes.</summary>
internal static class PartFolder
{
    public const string Module = "model.layers.0.self_attn.q_proj";

    /// <summary>A LoRA of one module or several.</summary>
    /// <param name="factors">Path → A [r, in] and B [out, r].</param>
    public static string Write(
        string folder, int rank, IReadOnlyDictionary<string, (float[] A, float[] B)> factors, Action<JsonObject>? change = null)
    {
        var tensors = new SafetensorsBuilder();
        foreach (var (path, (a, b)) in factors)
        {
            var r = rank;
            Add(tensors, $"base_model.model.{path}.lora_A.weight", [r, a.Length / r], a);
            Add(tensors, $"base_model.model.{path}.lora_B.weight", [b.Length / r, r], b);
        }
        return Write(folder, tensors, new JsonObject
        {
            ["peft_type"] = "LORA",
            ["base_model_name_or_path"] = "a/base",
            ["r"] = rank,
            ["lora_alpha"] = 2 * rank,
            ["target_modules"] = "all-linear",
        }, change);
    }

    public static string Write(string folder, SafetensorsBuilder tensors, JsonObject settings, Action<JsonObject>? change = null)
    {
        Directory.CreateDirectory(folder);
        change?.Invoke(settings);
        File.WriteAllText(Path.Combine(folder, PeftAdapter.ConfigFile), settings.ToJsonString());
        tensors.Save(Path.Combine(folder, PeftAdapter.WeightsFile));
        return folder;
    }

    public static void Add(SafetensorsBuilder tensors, string name, long[] shape, float[] values) =>
        tensors.Add(name, "F32", shape, MemoryMarshal.AsBytes(values.AsSpan()));

    /// <summary>Scale · B A of a module as a folder's files say it: [out, in].</summary>
    public static double[,] Delta(string folder, string module = Module)
    {
        var reasons = new List<string>();
        var config = new PeftAdapterConfig(ConfigReader.Open(Path.Combine(folder, PeftAdapter.ConfigFile)), reasons);
        Assert.IsEmpty(reasons);
        using var file = SafetensorsFile.Open(Path.Combine(folder, PeftAdapter.WeightsFile));
        var (nameA, nameB) = ($"base_model.model.{module}.lora_A.weight", $"base_model.model.{module}.lora_B.weight");
        Assert.AreEqual(config.RankOf(module), file.Tensors[nameA].Shape[0]);
        return Product(file.ReadFloat32(nameA), file.ReadFloat32(nameB), config.RankOf(module), config.ScaleOf(module));
    }

    public static double[,] Product(float[] a, float[] b, int rank, double scale)
    {
        var (rows, columns) = (b.Length / rank, a.Length / rank);
        var delta = new double[rows, columns];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                for (var k = 0; k < rank; k++)
                    delta[row, column] += scale * b[row * rank + k] * a[k * columns + column];
            }
        }
        return delta;
    }

    public static float[] Tensor(string folder, string name)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, PeftAdapter.WeightsFile));
        return file.ReadFloat32(name);
    }

    /// <summary>Frobenius norm of Σ factorᵢ · Mᵢ.</summary>
    public static double Norm(params (double Factor, double[,] Matrix)[] terms)
    {
        var sum = 0.0;
        for (var row = 0; row < terms[0].Matrix.GetLength(0); row++)
        {
            for (var column = 0; column < terms[0].Matrix.GetLength(1); column++)
            {
                var value = terms.Sum(t => t.Factor * t.Matrix[row, column]);
                sum += value * value;
            }
        }
        return Math.Sqrt(sum);
    }
}
