
namespace XlLoraOnnx.Formats.Tests;

[TestClass]
[OSCondition(ConditionMode.Exclude, OperatingSystems.Windows, IgnoreMessage = "Links need a privilege on Windows.")]
public sealed class FolderLinksTests
{
    [TestMethod]
    public void Check_OrdinaryFileAndLinkWithinTheFolder_AreAllowed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("checkpoint/config.json", "{}");
        Link(folder, "checkpoint/alias.json", "config.json");
        Link(folder, "elsewhere", "checkpoint");

        FolderLinks.Check(folder.File("checkpoint/config.json"));
        FolderLinks.Check(folder.File("checkpoint/alias.json"));
        FolderLinks.Check(folder.File("elsewhere/alias.json"));
    }

    [TestMethod]
    public void Open_HuggingFaceCache_IsRead()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("models--a--b/blobs"));
        new SafetensorsBuilder().AddFloats("a", 2).Save(folder.File("models--a--b/blobs/0123abcd"));
        Directory.CreateDirectory(folder.File("models--a--b/snapshots/main"));
        Link(folder, "models--a--b/snapshots/main/model.safetensors", "../../blobs/0123abcd");

        using var checkpoint = CheckpointFiles.Open(folder.File("models--a--b/snapshots/main"));

        Assert.AreEqual("a", checkpoint.Tensors.Single().Tensor.Name);
        Link(folder, "models--a--b/snapshots/main/adapters/pos.onnx_adapter", "../../../blobs/0123abcd");
        FolderLinks.Check(folder.File("models--a--b/snapshots/main/adapters/pos.onnx_adapter"));
    }

    [TestMethod]
    [DataRow("../outside.json", DisplayName = "relative")]
    [DataRow("/etc/hostname", DisplayName = "absolute")]
    [DataRow("../checkpoint-2/config.json", DisplayName = "folder whose name begins alike")]
    [DataRow("second.json", DisplayName = "through a second link")]
    public void Check_LinkOutOfTheFolder_IsRefusedByName(string target)
    {
        using var folder = new TemporaryFolder();
        folder.Write("outside.json", "{}");
        folder.Write("checkpoint-2/config.json", "{}");
        Directory.CreateDirectory(folder.File("checkpoint"));
        Link(folder, "checkpoint/second.json", "../outside.json");
        Link(folder, "checkpoint/config.json", target);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => FolderLinks.Check(folder.File("checkpoint/config.json")));

        StringAssert.Contains(error.Message, "config.json' is a symbolic link to '");
        StringAssert.Contains(error.Message, "Put the file itself in its place");
    }

    [TestMethod]
    [DataRow("../../blobs/../secret", DisplayName = "out of blobs")]
    [DataRow("../../blobs/deeper/file", DisplayName = "below blobs")]
    [DataRow("../../../blobs/file", DisplayName = "another repository")]
    [DataRow("../../blobs/onward", DisplayName = "blob that is a link")]
    public void Check_LinkThatOnlyLooksLikeTheCache_IsRefused(string target)
    {
        using var folder = new TemporaryFolder();
        foreach (var file in (string[])["repository/secret", "repository/blobs/deeper/file", "blobs/file"])
            folder.Write(file, "{}");
        Link(folder, "repository/blobs/onward", "../secret");
        Directory.CreateDirectory(folder.File("repository/snapshots/main"));
        Link(folder, "repository/snapshots/main/config.json", target);

        Assert.ThrowsExactly<InvalidDataException>(() => FolderLinks.Check(folder.File("repository/snapshots/main/config.json")));
    }

    [TestMethod]
    public void Check_LinksInACircle_AreRefused()
    {
        using var folder = new TemporaryFolder();
        Link(folder, "a", "b");
        Link(folder, "b", "a");

        Assert.ThrowsExactly<InvalidDataException>(() => FolderLinks.Check(folder.File("a")));
    }

    [TestMethod]
    [DataRow("config.json")]
    [DataRow("tokenizer.json")]
    [DataRow("tokenizer_config.json")]
    [DataRow("generation_config.json")]
    [DataRow("model-*.safetensors")]
    [DataRow("model.safetensors.index.json")]
    public void Export_CheckpointWithALinkOutside_RefusesAndWritesNothing(string file)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "gemma3-text").CopyTo(folder, "checkpoint");
        var linked = Directory.GetFiles(checkpoint, file).Order().First();
        File.Move(linked, folder.File("outside"));
        File.CreateSymbolicLink(linked, folder.File("outside"));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => ModelExporter.Export(checkpoint, folder.File("model")));

        StringAssert.Contains(error.Message, "symbolic link");
        Assert.IsFalse(Directory.Exists(folder.File("model")));
    }

    [TestMethod]
    [DataRow("adapter_config.json")]
    [DataRow("adapter_model.safetensors")]
    public void Open_AdapterWithALinkOutside_IsRefused(string file)
    {
        using var folder = new TemporaryFolder();
        var adapter = Repository.Data("models", "adapters", "gemma3-text", "odd-r1").CopyTo(folder, "adapter");
        File.Move(Path.Combine(adapter, file), folder.File("outside"));
        File.CreateSymbolicLink(Path.Combine(adapter, file), "../outside");

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => PeftAdapter.Open(adapter, [])).Message, "symbolic link");
    }

    private static void Link(TemporaryFolder folder, string name, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
        File.CreateSymbolicLink(folder.File(name), target);
    }
}
