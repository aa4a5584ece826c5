using Microsoft.ML.OnnxRuntimeGenAI;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>
/// A quantised export, with and without adapters, computes what a float32 export of its dequantised weights computes. The activations are
/// float32 for this (accuracy level 1), so that only the weights differ from the checkpoint.
/// </summary>
[TestClass]
public sealed class QuantizedModelTests
{
    private const float Tolerance = 2e-3f;
    private const string Head = "lm_head.weight";
    private static readonly string[] Adapters = ["all-linear-r8", "patterns"];

    [TestMethod]
    [DataRow(ExportPrecision.Int4, 32, true)]
    [DataRow(ExportPrecision.Int4, 64, true)]
    [DataRow(ExportPrecision.Int4, 32, false)]
    [DataRow(ExportPrecision.Int4, 64, false)]
    [DataRow(ExportPrecision.Int8W, 32, true)]
    [DataRow(ExportPrecision.Int8W, 64, true)]
    [DataRow(ExportPrecision.Int8W, 32, false)]
    [DataRow(ExportPrecision.Int8W, 64, false)]
    public void Logits_QuantizedModel_EqualThoseOfItsDequantizedWeights(ExportPrecision precision, int blockSize, bool symmetric) =>
        AssertEqualToDequantized(
            new ExportOptions { Precision = precision, BlockSize = blockSize, Symmetric = symmetric },
            name => IsMatrix(name) ? precision : null);

    [TestMethod]
    [DataRow(32)]
    [DataRow(64)]
    public void Logits_Nf4Model_EqualThoseOfItsDequantizedLayers(int blockSize) =>
        AssertEqualToDequantized(
            new ExportOptions { Precision = ExportPrecision.Nf4, BlockSize = blockSize },
            name => IsMatrix(name) && !IsTable(name) ? ExportPrecision.Nf4 : null);

    [TestMethod]
    [DataRow(ExportPrecision.Int4)]
    [DataRow(ExportPrecision.Int8W)]
    public void Logits_BlocksLongerThanTheRows_EqualThoseOfTheDequantizedWeights(ExportPrecision precision) =>
        AssertEqualToDequantized(
            new ExportOptions { Precision = precision, BlockSize = 128, Keep = [new("embed_tokens", ExportPrecision.Fp32)] },
            name => IsMatrix(name) && !IsTable(name) ? precision : null);

    [TestMethod]
    public void Logits_KeptModules_EqualThoseOfTheDequantizedWeights() =>
        AssertEqualToDequantized(
            new ExportOptions
            {
                Precision = ExportPrecision.Int4,
                Keep =
                [
                    new("layers.*.mlp.*", ExportPrecision.Nf4),
                    new("layers.0.*", ExportPrecision.Fp16),
                    new("lm_head", ExportPrecision.Int8W),
                ],
            },
            name => name switch
            {
                _ when IsTable(name) => ExportPrecision.Int8W,
                _ when !IsMatrix(name) || name.Contains(".layers.0.", StringComparison.Ordinal) => null,
                _ => name.Contains(".mlp.", StringComparison.Ordinal) ? ExportPrecision.Nf4 : ExportPrecision.Int4,
            });

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Logits_UntiedModel_EqualThoseOfTheDequantizedWeights(bool symmetric) =>
        AssertEqualToDequantized(
            new ExportOptions { Precision = ExportPrecision.Int4, Symmetric = symmetric, Keep = [new("lm_head", ExportPrecision.Int8W)] },
            name => name == Head ? ExportPrecision.Int8W : IsMatrix(name) ? ExportPrecision.Int4 : null,
            untied: true);

    [TestMethod]
    public void Logits_DefaultAccuracyLevel_DifferFromFloat32Activations()
    {
        using var folder = new TemporaryFolder();
        var options = new ExportOptions { Precision = ExportPrecision.Int8W };

        var fast = Logits(Export(folder, "fast", options), null);
        var exact = Logits(Export(folder, "exact", options with { AccuracyLevel = 1 }), null);

        var difference = MaxDifference(exact, fast);
        Assert.IsTrue(difference is > 1e-3f and < 1, $"{difference}");
    }

    private static void AssertEqualToDequantized(ExportOptions options, Func<string, ExportPrecision?> formatOf, bool untied = false)
    {
        using var folder = new TemporaryFolder();
        options = options with { AccuracyLevel = 1, Adapters = AdapterFolders() };
        var blockSize = options.BlockSize ?? 32;
        var checkpoint = untied
            ? DequantizedCheckpoint.Write(folder.File("plain"), _ => null, blockSize, true, untied)
            : Repository.Data("models", "gemma3-text");
        var dequantized = DequantizedCheckpoint.Write(folder.File("dequantized"), formatOf, blockSize, options.Symmetric, untied);
        ModelExporter.Export(checkpoint, folder.File("quantized"), options);
        ModelExporter.Export(dequantized, folder.File("float"), new ExportOptions { Adapters = options.Adapters });
        var unquantized = untied ? null : Logits(ExportedModels.Golden("gemma3-text"), null);

        foreach (var adapter in (string?[])[null, .. Adapters])
        {
            var (expected, actual) = (Logits(folder.File("float"), adapter), Logits(folder.File("quantized"), adapter));

            Assert.IsLessThanOrEqualTo(Tolerance, MaxDifference(expected, actual), adapter ?? "no adapter");
            if (adapter is null && unquantized is not null)
                Assert.IsGreaterThan(Tolerance, MaxDifference(unquantized, actual), "quantisation changes the model");
        }
    }

    private static bool IsTable(string name) => name.Contains("embed_tokens", StringComparison.Ordinal);

    private static bool IsMatrix(string name) => name.Contains("_proj", StringComparison.Ordinal) || IsTable(name) || name == Head;

    private static Dictionary<string, string> AdapterFolders() =>
        Adapters.ToDictionary(a => a, a => Repository.Data("models", "adapters", "gemma3-text", a));

    private static string Export(TemporaryFolder folder, string name, ExportOptions options) =>
        ModelExporter.Export(Repository.Data("models", "gemma3-text"), folder.File(name), options).Folder;

    private static float MaxDifference(float[] a, float[] b)
    {
        Assert.HasCount(a.Length, b);
        return a.Zip(b, (x, y) => Math.Abs(x - y)).Max();
    }

    /// <summary>Of the recorded prompts and the first steps of their recorded answers, from stock ONNX Runtime GenAI.</summary>
    private static float[] Logits(string folder, string? adapter)
    {
        using var reference = SafetensorsFile.Open(Repository.Data("models", "gemma3-text", "expected.safetensors"));
        using var model = new Model(folder);
        using var adapters = new Microsoft.ML.OnnxRuntimeGenAI.Adapters(model);
        if (adapter is not null)
            adapters.LoadAdapter(Path.Combine(folder, "adapters", adapter + ".onnx_adapter"), adapter);
        var logits = new List<float>();
        for (var prompt = 0; prompt < 4; prompt++)
        {
            using var parameters = new GeneratorParams(model);
            parameters.SetSearchOption("max_length", 256);
            using var generator = new Generator(model, parameters);
            if (adapter is not null)
                generator.SetActiveAdapter(adapters, adapter);
            Append(Ids(reference, $"prompt.{prompt}.input_ids"));
            foreach (var id in Ids(reference, $"prompt.{prompt}.greedy").AsSpan(0, 4))
                Append([id]);

            void Append(ReadOnlySpan<int> ids)
            {
                generator.AppendTokens(ids);
                using var output = generator.GetOutput("logits");
                logits.AddRange(output.GetData<float>());
            }
        }
        return [.. logits];
    }

    private static int[] Ids(SafetensorsFile file, string name) => Array.ConvertAll(file.ReadInt64(name), id => (int)id);
}
