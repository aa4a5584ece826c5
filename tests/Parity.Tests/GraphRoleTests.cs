
namespace XlLoraOnnx.Parity.Tests;

/// <summary>The three graphs of a folder read one data file and agree.</summary>
[TestClass]
public sealed class GraphRoleTests
{
    [TestMethod]
    [DataRow("gemma2")]
    [DataRow("gemma3-text")]
    [DataRow("llama31")]
    [DataRow("llama32-tied")]
    public void Variants_OfOneFolder_Agree(string model)
    {
        var folder = ExportedModels.Golden(model);
        var dimensions = ModelManifest.Read(folder).Dimensions;
        var adapter = Path.Combine(folder, "adapters", "all-linear-r8.onnx_adapter");
        using var lora = new GraphRun(folder, dimensions);
        using var plain = new GraphRun(folder, dimensions, GraphRoles.Base);
        using var scoring = new GraphRun(folder, dimensions, GraphRoles.Scoring);
        var ids = RecordedPrompt.Read(model)[2].Ids;
        var vocabulary = dimensions.VocabSize;

        var last = lora.Logits(ids);
        var all = scoring.Logits(ids);
        var adapted = scoring.Logits(ids, adapter);

        Assert.HasCount(vocabulary, last);
        Assert.HasCount(ids.Length * vocabulary, all);
        AssertEqual(last, plain.Logits(ids), 1e-5f);
        AssertEqual(last, all[^vocabulary..], 1e-5f);
        AssertEqual(lora.Logits(ids, adapter), adapted[^vocabulary..], 1e-5f);
        // of every position, or of the last one
        var (recorded, recordedAdapted) = (RecordedPrompt.Read(model)[2].Logits, RecordedPrompt.Read(model, "all-linear-r8")[2].Logits);
        AssertEqual(recorded, all[^recorded.Length..], 2e-4f);
        AssertEqual(recordedAdapted, adapted[^recordedAdapted.Length..], 2e-4f);
        Assert.AreEqual(model is "gemma2" or "llama31", recorded.Length == all.Length);
        Assert.IsEmpty(plain.OptionalInputs);
        Assert.HasCount(2 * 6 * 7, scoring.OptionalInputs);
    }

    private static void AssertEqual(float[] expected, float[] actual, float tolerance)
    {
        Assert.HasCount(expected.Length, actual);
        Assert.IsLessThanOrEqualTo(tolerance, expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max());
    }
}
