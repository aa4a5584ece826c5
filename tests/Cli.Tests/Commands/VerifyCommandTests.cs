using System.Text.Json;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class VerifyCommandTests
{
    [TestMethod]
    public void Verify_RecordedReference_PrintsALineForEachTensorAndSucceeds()
    {
        var result = Verify("pos", "--adapter", "pos");

        Assert.AreEqual(0, result.ExitCode, result.Output + result.Error);
        StringAssert.Contains(result.Output, "prompt.0.logits ");
        StringAssert.Contains(result.Output, "prompt.3.greedy ");
        StringAssert.Contains(result.Output, "PASSED");
    }

    [TestMethod]
    public void Verify_Json_IsOneObject()
    {
        var result = Verify("base", "--json");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        using var report = JsonDocument.Parse(result.Output);
        Assert.IsLessThan(1e-4, report.RootElement.GetProperty("max_abs_diff").GetDouble());
        var compared = report.RootElement.GetProperty("greedy_compared").GetInt32();
        Assert.IsGreaterThan(80, compared);
        Assert.AreEqual(compared, report.RootElement.GetProperty("greedy_equal").GetInt32());
    }

    [TestMethod]
    public void Verify_WrongAdapter_FailsWithExitCodeOne()
    {
        var result = Verify("pos", "--adapter", "neg");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Output, "DIFFERENT");
        StringAssert.Contains(result.Output, "FAILED");
    }

    [TestMethod]
    public void Verify_UnknownAdapter_NamesThoseThereAre()
    {
        var result = Verify("pos", "--adapter", "positive");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "pos, neg");
    }

    [TestMethod]
    public void Verify_ReferenceWithoutPrompts_SaysWhatAReferenceHolds()
    {
        var noReference = Repository.Demo("pos", "adapter_model.safetensors");

        var result = CommandLine.Run(Path.GetTempPath(), "verify", Models.Demo, "--reference", noReference);

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "prompt.i.input_ids");
    }

    [TestMethod]
    public void Verify_WithoutReference_ChecksFilesGraphsAndAdapters()
    {
        var result = CommandLine.Run(Path.GetTempPath(), "verify", Models.Demo);

        Assert.AreEqual(0, result.ExitCode, result.Output + result.Error);
        foreach (var check in new[] { "sha256 model.onnx.data ", "sha256 adapters/neg.onnx_adapter", "graph model.onnx ", "canary pos " })
            StringAssert.Contains(result.Output, check);
        Assert.AreEqual("", result.Error);
    }

    [TestMethod]
    public void Verify_OneChangedByte_FailsAndSaysWhere()
    {
        using var folder = new TemporaryFolder();
        CopyFolder(Models.Demo, folder.File("model"));
        var data = folder.File("model/model.onnx.data");
        var bytes = File.ReadAllBytes(data);
        bytes[1_000_000] ^= 1;
        File.WriteAllBytes(data, bytes);

        var result = CommandLine.Run(folder.Path, "verify", "model");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Output.Split('\n').Single(l => l.Contains("FAILED ", StringComparison.Ordinal)), "model.onnx.data");
        StringAssert.Contains(result.Output, "export it again");
    }

    private static void CopyFolder(string source, string copy)
    {
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var path = Path.Combine(copy, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(file, path);
        }
    }

    private static CommandResult Verify(string recorded, params string[] options) => CommandLine.Run(
        Path.GetTempPath(), ["verify", Models.Demo, "--reference", Repository.Demo(recorded, "expected.safetensors"), .. options]);
}
