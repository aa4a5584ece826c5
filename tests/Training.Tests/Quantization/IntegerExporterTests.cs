using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class IntegerExporterTests
{
    private const int Outlier = 5;
    private static readonly ExportOptions Int8 = new() { Precision = ExportPrecision.Int8 };

    [TestMethod]
    [DataRow("gemma3-text")]
    [DataRow("bert")]
    public void Export_NothingLosesMuch_SaysWhatLosesMost(string model)
    {
        using var folder = new TemporaryFolder();

        var report = IntegerExporter.Export(Repository.Data("models", model), folder.File("m"), Int8);

        StringAssert.Contains(report.Notices[^1], "loses most on the texts");
        Assert.IsEmpty(ModelManifest.Read(report.Folder).Quantization!.Overrides);
        var losses = IntegerSurvey.Measure(report.Folder, Repository.Data("models", model), CancellationToken.None);
        Assert.IsTrue(losses.All(l => l.Loss is > 1e-3 and < IntegerExporter.MostLoss), string.Join('\n', losses.Take(3)));
    }

    /// <summary>A number of every token that is hundreds of times the others, and that nothing reads.</summary>
    [TestMethod]
    public void Export_OutlierBeforeTwoModules_KeepsThemInFloat32AndSaysSo()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Changed(folder, MakeOutlier);

        var report = IntegerExporter.Export(checkpoint, folder.File("m"), Int8);

        StringAssert.StartsWith(report.Notices[^1], "In float32, since products in 8 bits lost more than 10 %");
        string[] kept = ["layers.2.mlp.gate_proj=fp32", "layers.2.mlp.up_proj=fp32"];
        CollectionAssert.AreEquivalent(kept, ModelManifest.Read(report.Folder).Quantization!.Overrides.ToArray());
        Assert.IsTrue(IntegerSurvey.Measure(report.Folder, checkpoint, CancellationToken.None)
            .All(l => l.Loss < IntegerExporter.MostLoss));
    }

    /// <summary>The first token has next to no value, as where attention has a sink: what is rounded in it is all that is left.</summary>
    [TestMethod]
    public void Export_ValueOfTheFirstTokenNearlyNothing_StaysInFloat32()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Changed(folder, TakeValueFromTheFirstToken);

        var report = IntegerExporter.Export(checkpoint, folder.File("m"), Int8);

        CollectionAssert.AreEqual(new[] { "layers.0.self_attn.v_proj=fp32" },
            ModelManifest.Read(report.Folder).Quantization!.Overrides.ToArray(), report.Notices[^1]);
        StringAssert.Contains(report.Notices[^1], "or 15 % for a token");
    }

    /// <summary>Whoever sees the folder under its name sees it as it stays.</summary>
    [TestMethod]
    public void Export_MeasuredAndWrittenAgain_HasItsNameAtTheEndAlone()
    {
        using var folder = new TemporaryFolder();
        var (output, begun) = (folder.File("m"), 0);

        IntegerExporter.Export(Changed(folder, MakeOutlier), output, Int8, new Told(progress =>
        {
            begun += progress.BytesDone == progress.BytesTotal ? 1 : 0;
            Assert.IsFalse(Directory.Exists(output), progress.Stage);
        }));

        Assert.IsGreaterThanOrEqualTo(2, begun);
        Assert.IsTrue(Directory.Exists(output));
        Assert.IsFalse(Directory.Exists(output + ".partial"));
    }

    [TestMethod]
    public void Export_CancelledWhileItIsMeasured_GoesOnWithTheSameCall()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Changed(folder, MakeOutlier);
        using var cancel = new CancellationTokenSource();
        var toldAtTheEnd = new Told(progress =>
        {
            if (progress.BytesDone == progress.BytesTotal)
                cancel.Cancel();
        });

        Assert.ThrowsExactly<ExportInterruptedException>(
            () => IntegerExporter.Export(checkpoint, folder.File("m"), Int8, toldAtTheEnd, cancel.Token));
        Assert.IsFalse(Directory.Exists(folder.File("m")));
        IntegerExporter.Export(checkpoint, folder.File("m"), Int8);

        IntegerExporter.Export(checkpoint, folder.File("undisturbed"), Int8);
        foreach (var file in Directory.GetFiles(folder.File("undisturbed")))
            CollectionAssert.AreEqual(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(folder.File("m"), Path.GetFileName(file))), file);
    }

    [TestMethod]
    public void Export_OutlierAndARuleOfTheUser_TheRuleHolds()
    {
        using var folder = new TemporaryFolder();

        var report = IntegerExporter.Export(
            Changed(folder, MakeOutlier), folder.File("m"), Int8 with { Keep = [new KeepRule("*.gate_proj", ExportPrecision.Int8)] });

        StringAssert.Contains(report.Notices[^1], "unless --keep says otherwise");
        Assert.AreEqual("*.gate_proj=int8", ModelManifest.Read(report.Folder).Quantization!.Overrides[^1]);
    }

    [TestMethod]
    [DataRow(500L << 20, null, true)]
    [DataRow(1200L << 20, null, false)]
    [DataRow(1200L << 20, 4L << 30, true)]
    public void Unmeasured_FolderBesideTheCeiling_IsRunWhereItFits(long dataBytes, long? maxRam, bool runs)
    {
        var notice = IntegerExporter.Unmeasured(dataBytes, maxRam);

        Assert.AreEqual(runs, notice is null);
        StringAssert.Contains(notice ?? "2.6 GiB", "2.6 GiB");
    }

    [TestMethod]
    public void Export_OtherPrecision_IsThatOfTheExporter()
    {
        using var folder = new TemporaryFolder();

        Assert.IsEmpty(IntegerExporter.Export(Repository.Data("models", "bert"), folder.File("m"), new ExportOptions()).Notices);
    }

    private static void MakeOutlier(string name, float[] values, Func<string, float[]> others)
    {
        if (name == "model.layers.2.pre_feedforward_layernorm.weight")
            values[Outlier] = 900;
        if (name is not ("model.layers.2.mlp.gate_proj.weight" or "model.layers.2.mlp.up_proj.weight"))
            return;
        var width = others("model.layers.2.pre_feedforward_layernorm.weight").Length;
        for (var i = Outlier; i < values.Length; i += width)
            values[i] = 0;
    }

    /// <summary>All but a fiftieth of what the rows of the weight have in the direction of the token's state before the layer.</summary>
    private static void TakeValueFromTheFirstToken(string name, float[] values, Func<string, float[]> others)
    {
        const int BosTokenId = 2;
        if (name != "model.layers.0.self_attn.v_proj.weight")
            return;
        var norm = others("model.layers.0.input_layernorm.weight");
        var word = others("model.embed_tokens.weight").AsSpan(BosTokenId * norm.Length, norm.Length);
        var state = new float[norm.Length];
        for (var i = 0; i < state.Length; i++)
            state[i] = word[i] * (1 + norm[i]);
        var square = TensorPrimitives.SumOfSquares(state);
        for (var first = 0; first < values.Length; first += state.Length)
        {
            var weights = values.AsSpan(first, state.Length);
            var share = 0.98f * TensorPrimitives.Dot(weights, state) / square;
            for (var i = 0; i < state.Length; i++)
                weights[i] -= share * state[i];
        }
    }

    /// <param name="change">Of a tensor its name, its numbers, and how to read others.</param>
    private static string Changed(TemporaryFolder folder, Action<string, float[], Func<string, float[]>> change)
    {
        var (source, target) = (Repository.Data("models", "gemma3-text"), Directory.CreateDirectory(folder.File("checkpoint")).FullName);
        foreach (var path in Directory.EnumerateFiles(source, "*.json").Where(p => !p.EndsWith("index.json", StringComparison.Ordinal)))
            File.Copy(path, Path.Combine(target, Path.GetFileName(path)));
        using var checkpoint = CheckpointFiles.Open(source);
        var tensors = checkpoint.Tensors.ToDictionary(t => t.Tensor.Name);
        float[] Read(string name) => tensors[name].File.ReadFloat32(name);
        var builder = new SafetensorsBuilder();
        foreach (var (name, (_, tensor)) in tensors)
        {
            var values = Read(name);
            change(name, values, Read);
            builder.Add(name, "F32", [.. tensor.Shape], MemoryMarshal.AsBytes(values.AsSpan()));
        }
        builder.Save(Path.Combine(target, "model.safetensors"));
        return target;
    }

    private sealed class Told(Action<ExportProgress> tell) : IProgress<ExportProgress>
    {
        public void Report(ExportProgress value) => tell(value);
    }
}
