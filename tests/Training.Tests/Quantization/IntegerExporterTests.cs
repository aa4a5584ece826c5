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
        var checkpoint = WithOutlier(folder);

        var report = IntegerExporter.Export(checkpoint, folder.File("m"), Int8);

        StringAssert.StartsWith(report.Notices[^1], "In float32, since products in 8 bits lost more than 10 %");
        string[] kept = ["layers.2.mlp.gate_proj=fp32", "layers.2.mlp.up_proj=fp32"];
        CollectionAssert.AreEquivalent(kept, ModelManifest.Read(report.Folder).Quantization!.Overrides.ToArray());
        Assert.IsTrue(IntegerSurvey.Measure(report.Folder, checkpoint, CancellationToken.None)
            .All(l => l.Loss < IntegerExporter.MostLoss));
    }

    [TestMethod]
    public void Export_OutlierAndARuleOfTheUser_TheRuleHolds()
    {
        using var folder = new TemporaryFolder();

        var report = IntegerExporter.Export(
            WithOutlier(folder), folder.File("m"), Int8 with { Keep = [new KeepRule("*.gate_proj", ExportPrecision.Int8)] });

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

    private static string WithOutlier(TemporaryFolder folder)
    {
        var (source, target) = (Repository.Data("models", "gemma3-text"), Directory.CreateDirectory(folder.File("checkpoint")).FullName);
        foreach (var path in Directory.EnumerateFiles(source, "*.json").Where(p => !p.EndsWith("index.json", StringComparison.Ordinal)))
            File.Copy(path, Path.Combine(target, Path.GetFileName(path)));
        var builder = new SafetensorsBuilder();
        foreach (var path in Directory.EnumerateFiles(source, "model-*.safetensors"))
        {
            using var file = SafetensorsFile.Open(path);
            foreach (var (name, tensor) in file.Tensors)
            {
                var values = file.ReadFloat32(name);
                if (name.EndsWith("layers.2.pre_feedforward_layernorm.weight", StringComparison.Ordinal))
                    values[Outlier] = 900;
                if (name.EndsWith("layers.2.mlp.gate_proj.weight", StringComparison.Ordinal)
                    || name.EndsWith("layers.2.mlp.up_proj.weight", StringComparison.Ordinal))
                {
                    for (var i = Outlier; i < values.Length; i += (int)tensor.Shape[1])
                        values[i] = 0;
                }
                builder.Add(name, "F32", [.. tensor.Shape], MemoryMarshal.AsBytes(values.AsSpan()));
            }
        }
        builder.Save(Path.Combine(target, "model.safetensors"));
        return target;
    }
}
