
namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class ExportAdapterCommandTests
{
    [TestMethod]
    public void Export_AdaptersAndABankAddedLater_AreInspectedAndVerified()
    {
        using var folder = new TemporaryFolder();
        Succeed(folder, "export", Repository.Demo("base"), "-o", "out");

        var added = Succeed(folder, "export", "adapter", Repository.Demo("pos"), $"no={Repository.Demo("neg")}", "--base", "out");
        var bank = Succeed(folder, "export", "bank", "both", "--base", "out");

        StringAssert.Contains(added, "adapter pos: rank");
        StringAssert.Contains(added, "adapter no: rank");
        StringAssert.Contains(bank, "bank both: rank");
        StringAssert.Contains(bank, "pos: ranks 0 to");
        StringAssert.Contains(Succeed(folder, "inspect", "out"), "adapter no: rank");
        Succeed(folder, "verify", "out");
    }

    [TestMethod]
    public void Export_AdapterOfAnotherBase_IsRefusedAndTheFolderIsAsItWas()
    {
        using var folder = new TemporaryFolder();
        Succeed(folder, "export", Repository.Data("models", "gemma3-text"), "-o", "out");
        var manifest = File.ReadAllText(folder.File("out/xllora.json"));

        var result = CommandLine.Run(folder.Path, "export", "adapter", Repository.Demo("pos"), "--base", "out");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "pos");
        Assert.AreEqual(manifest, File.ReadAllText(folder.File("out/xllora.json")));
        Assert.IsEmpty(Directory.GetFiles(folder.File("out"), "*.onnx_adapter", SearchOption.AllDirectories));
    }

    [TestMethod]
    public void Export_BankOfNoAdapter_SaysWhatThereIs()
    {
        using var folder = new TemporaryFolder();
        Succeed(folder, "export", Repository.Demo("base"), "-o", "out");

        var result = CommandLine.Run(folder.Path, "export", "bank", "both", "--base", "out", "--adapters", "absent");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "absent");
    }

    private static string Succeed(TemporaryFolder folder, params string[] arguments)
    {
        var result = CommandLine.Run(folder.Path, arguments);
        Assert.AreEqual(0, result.ExitCode, result.Error);
        return result.Output;
    }
}
