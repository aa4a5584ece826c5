using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>
/// One batch, one adapter a row: every row gives what its adapter gives alone, whatever the others' ranks and modules are.
/// </summary>
[TestClass]
public sealed class AdapterBankTests
{
    private static readonly string[] Members = ["all-linear-r8", "qv-r4-rslora", "patterns", "some-layers", "odd-r1"];

    [TestMethod]
    [DataRow("gemma3-text")]
    [DataRow("llama32-tied")]
    public void Bank_MixedBatch_EveryRowEqualsItsOwnAdapter(string model)
    {
        using var folder = new TemporaryFolder();
        var copy = ExportedModels.Copy(ExportedModels.Golden(model), folder);
        var bank = BankExporter.Export(copy, "mixed", Members);
        var ids = RecordedPrompt.Read(model)[2].Ids;

        var logits = Run(copy, bank, ids, [null, .. Members]);

        var vocabulary = logits.Length / (Members.Length + 1);
        for (var row = 0; row <= Members.Length; row++)
        {
            var expected = RecordedPrompt.Read(model, row == 0 ? null : Members[row - 1])[2];
            var difference = expected.LargestDifference(logits[(row * vocabulary)..((row + 1) * vocabulary)], vocabulary);
            Assert.IsLessThan(2e-4, difference, row == 0 ? "base" : Members[row - 1]);
        }
    }

    [TestMethod]
    public void BankGraph_WithoutABank_TakesAnOrdinaryAdapter()
    {
        var folder = ExportedModels.Golden("gemma3-text");
        using var run = new GraphRun(folder, ModelManifest.Read(folder).Dimensions, GraphRoles.Continuous);
        var expected = RecordedPrompt.Read("gemma3-text", "patterns")[2];

        var logits = run.Logits(expected.Ids, Path.Combine(folder, "adapters", "patterns.onnx_adapter"));

        Assert.IsLessThan(1e-4, expected.LargestDifference(logits, logits.Length));
    }

    [TestMethod]
    public void Export_UnknownAdapter_NamesThoseThereAre()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => BankExporter.Export(ExportedModels.Golden("gemma3-text"), "b", ["nobody"]));

        StringAssert.Contains(e.Message, "'nobody'");
        StringAssert.Contains(e.Message, "odd-r1");
    }

    private static float[] Run(string folder, BankReport bank, long[] ids, string?[] adapterOfRow)
    {
        var dimensions = ModelManifest.Read(folder).Dimensions;
        using var session = new InferenceSession(Path.Combine(folder, "model.continuous.onnx"));
        using var adapter = OrtLoraAdapter.Create(Path.Combine(folder, bank.File), null);
        using var options = new RunOptions();
        options.AddActiveLoraAdapter(adapter);
        var rows = adapterOfRow.Length;
        var mask = new float[rows * bank.Rank];
        for (var row = 0; row < rows; row++)
        {
            if (bank.Adapters.SingleOrDefault(a => a.Name == adapterOfRow[row]) is { } member)
                mask.AsSpan(row * bank.Rank + member.FirstRank, member.Rank).Fill(1);
        }
        long[] shape = [rows, ids.Length];
        var inputs = new Dictionary<string, OrtValue>
        {
            ["input_ids"] = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(ids, rows).SelectMany(i => i).ToArray(), shape),
            ["seqlens_k"] = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(ids.Length - 1, rows).ToArray(), [rows]),
            ["total_sequence_length"] = OrtValue.CreateTensorValueFromMemory((int[])[ids.Length], [1]),
            ["logits_indices"] = OrtValue.CreateTensorValueFromMemory(
                Enumerable.Range(1, rows).Select(r => (long)r * ids.Length - 1).ToArray(), [rows]),
            ["lora_mask"] = OrtValue.CreateTensorValueFromMemory(mask, [rows, 1, bank.Rank]),
        };
        foreach (var cache in session.InputMetadata.Keys.Where(n => n.StartsWith("past_key_values", StringComparison.Ordinal)))
        {
            long[] cacheShape = [rows, dimensions.NumKeyValueHeads, ids.Length, dimensions.HeadDim];
            inputs[cache] = OrtValue.CreateTensorValueFromMemory(new float[cacheShape.Aggregate((a, b) => a * b)], cacheShape);
        }
        try
        {
            using var outputs = session.Run(options, inputs, ["logits"]);
            return outputs[0].GetTensorDataAsSpan<float>().ToArray();
        }
        finally
        {
            foreach (var value in inputs.Values)
                value.Dispose();
        }
    }
}
