
namespace XlLoraOnnx.Parity.Tests;

/// <summary>Adapters that come and go while a model is loaded.</summary>
public abstract class GeneratorAdapterTests(TextEngine engine)
{
    private const string Anchor = "Der Fischer trägt Holz.";
    protected XlLoraModelOptions Options { get; } = new() { GenAi = new GenAiTextGeneratorFactory(), Engine = engine };

    [TestMethod]
    public async Task AddAdapter_FileFromElsewhere_AnswersAsItDoesInItsFolder()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("moved.onnx_adapter");
        File.Copy(Path.Combine(ExportedModels.Demo, "adapters", "pos.onnx_adapter"), file);
        using var model = XlLoraModel.Load(ExportedModels.Demo, Options);

        model.AddAdapter("moved", file);

        CollectionAssert.AreEqual(new[] { "pos", "neg", "moved" }, model.Generator.Adapters.ToArray());
        Assert.AreEqual(await Text(model, "pos"), await Text(model, "moved"));
    }

    [TestMethod]
    public async Task RemoveAdapter_AndAnotherOfTheSameName_IsTheOther()
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo, Options);
        var negative = await Text(model, "neg");
        Assert.AreNotEqual(negative, await Text(model, "pos"));

        model.RemoveAdapter("pos");
        await Assert.ThrowsExactlyAsync<ArgumentException>(() => Text(model, "pos"));
        model.AddAdapter("pos", Path.Combine(ExportedModels.Demo, "adapters", "neg.onnx_adapter"));

        Assert.AreEqual(negative, await Text(model, "pos"));
    }

    [TestMethod]
    public async Task RemoveAdapter_WhileItsRowsRun_RejectsThoseOfLaterBatchesAlsoIfItComesAgain()
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo, Options with { BatchSize = 1, Slots = 1 });
        var requests = Enumerable.Range(0, 300).Select(i => Request("pos") with { RowId = i });
        var results = new List<GenerationResult>();

        await foreach (var result in model.GenerateAsync(requests))
        {
            results.Add(result);
            if (results.Count != 2)
                continue;
            model.RemoveAdapter("pos");
            model.AddAdapter("pos", Path.Combine(ExportedModels.Demo, "adapters", "neg.onnx_adapter"));
        }

        Assert.HasCount(300, results);
        var rejected = results.Where(r => r.FinishReason == FinishReason.Rejected).ToArray();
        Assert.IsNotEmpty(rejected);
        Assert.IsTrue(rejected.All(r => r.RejectionKind == RejectionKind.AdapterRemoved));
        StringAssert.Contains(rejected[0].Error, "'pos' was removed");
        var done = results.Except(rejected).Select(r => r.Text).Distinct().ToArray();
        Assert.HasCount(1, done, "no row ran with the other adapter of the name");
    }

    [TestMethod]
    public void AddAdapter_OfAnotherBase_IsRefused()
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo, Options);
        var foreign = Path.Combine(ExportedModels.Golden("gemma3-text"), "adapters", "all-linear-r8.onnx_adapter");

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => model.AddAdapter("foreign", foreign)).Message, "another base");
    }

    protected static async Task<string> Text(XlLoraModel model, string adapter) =>
        (await model.GenerateAsync([Request(adapter)]).SingleAsync()).Text;

    protected static GenerationRequest Request(string adapter) =>
        new() { RowId = 0, UserMessage = Anchor, Adapter = adapter, Sampling = SamplingOptions.Greedy };
}

[TestClass]
public sealed class GenAiGeneratorAdapterTests() : GeneratorAdapterTests(TextEngine.GenAi)
{
    [TestMethod]
    public async Task RemoveAdapter_FromOnText_EndsThatRowAndNothingElse()
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo, Options);

        var result = await model.GenerateAsync([Request("pos") with { OnText = _ => model.RemoveAdapter("pos") }]).SingleAsync();

        Assert.AreEqual(RejectionKind.Invalid, result.RejectionKind);
        StringAssert.Contains(result.Error, "OnText");
        Assert.AreNotEqual("", await Text(model, "pos"));
    }
}

[TestClass]
public sealed class ContinuousGeneratorAdapterTests() : GeneratorAdapterTests(TextEngine.Continuous);
