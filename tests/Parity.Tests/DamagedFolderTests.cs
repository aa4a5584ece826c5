using System.Text.Json.Nodes;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>A model folder that is not what was exported is refused with one clear message, before or when an adapter is mounted.</summary>
[TestClass]
public sealed class DamagedFolderTests
{
    [TestMethod]
    public void Load_MissingFolder_SaysSo()
    {
        var e = Assert.ThrowsExactly<DirectoryNotFoundException>(() => XlLoraModel.Load("no-such-folder"));

        StringAssert.Contains(e.Message, "no-such-folder");
    }

    [TestMethod]
    public void Load_FolderWithoutManifest_SaysHowToMakeOne()
    {
        using var folder = new TemporaryFolder();

        var e = Assert.ThrowsExactly<InvalidDataException>(() => XlLoraModel.Load(folder.Path));

        StringAssert.Contains(e.Message, "xllora.json");
        StringAssert.Contains(e.Message, "export");
    }

    [TestMethod]
    [DataRow("model.onnx")]
    [DataRow("model.onnx.data")]
    [DataRow("tokenizer.json")]
    [DataRow("genai_config.json")]
    public void Load_TruncatedFile_NamesItAndBothSizes(string file)
    {
        using var folder = new TemporaryFolder();
        var copy = ExportedModels.Copy(ExportedModels.Golden("gemma3-text"), folder);
        Truncate(Path.Combine(copy, file));

        var e = Assert.ThrowsExactly<InvalidDataException>(() => XlLoraModel.Load(copy));

        StringAssert.Contains(e.Message, file);
        StringAssert.Contains(e.Message, "truncated");
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows, IgnoreMessage = "Links need a privilege on Windows.")]
    public void Load_LinkOutOfTheFolder_IsRefusedAndLinksOfACacheAreNot()
    {
        using var folder = new TemporaryFolder();
        var copy = ExportedModels.Copy(ExportedModels.Golden("gemma3-text"), folder);
        var snapshot = folder.File("models--a--b/snapshots/main");
        Directory.CreateDirectory(folder.File("models--a--b/snapshots"));
        Directory.Move(copy, snapshot);
        foreach (var (blobs, allowed) in new[] { ("models--a--b/blobs", true), ("elsewhere", false) })
        {
            var target = Path.Combine(Directory.CreateDirectory(folder.File(blobs)).FullName, "0123");
            File.Move(Path.Combine(snapshot, "tokenizer.json"), target);
            File.CreateSymbolicLink(Path.Combine(snapshot, "tokenizer.json"), Path.GetRelativePath(snapshot, target));
            if (allowed)
                XlLoraModel.Load(snapshot).Dispose();
            else
                StringAssert.Contains(
                    Assert.ThrowsExactly<InvalidDataException>(() => XlLoraModel.Load(snapshot)).Message, "symbolic link");
            File.Move(target, Path.Combine(snapshot, "tokenizer.json"), overwrite: true);
        }
    }

    [TestMethod]
    public void Load_MissingFile_NamesIt()
    {
        using var folder = new TemporaryFolder();
        var copy = ExportedModels.Copy(ExportedModels.Golden("gemma3-text"), folder);
        File.Delete(Path.Combine(copy, "model.onnx.data"));

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => XlLoraModel.Load(copy)).Message, "lacks 'model.onnx.data'");
    }

    [TestMethod]
    public void Load_BrokenManifest_SaysWhere()
    {
        using var folder = new TemporaryFolder();
        folder.Write("xllora.json", "{\"schema_version\": 1, \"family\": ");

        var e = Assert.ThrowsExactly<InvalidDataException>(() => XlLoraModel.Load(folder.Path));

        StringAssert.Contains(e.Message, "not a valid manifest");
    }

    [TestMethod]
    public void Load_ManifestOfALaterVersion_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var copy = ExportedModels.Copy(ExportedModels.Golden("gemma3-text"), folder);
        EditManifest(copy, m => m["schema_version"] = 3);

        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => XlLoraModel.Load(copy)).Message, "schema_version 3");
    }

    [TestMethod]
    public async Task Mount_TruncatedAdapter_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var copy = ExportedModels.Copy(ExportedModels.Demo, folder);
        Truncate(Path.Combine(copy, "adapters", "pos.onnx_adapter"));

        StringAssert.Contains((await MountFails(copy, "pos")).Message, "pos.onnx_adapter");
    }

    [TestMethod]
    public async Task Mount_AdapterWithOneFlippedByte_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var copy = ExportedModels.Copy(ExportedModels.Demo, folder);
        var path = Path.Combine(copy, "adapters", "pos.onnx_adapter");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[^100] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        StringAssert.Contains((await MountFails(copy, "pos")).Message, "changed after its export");
    }

    [TestMethod]
    public async Task Mount_AdapterOfAnotherBase_IsRefusedByItsFileAlone()
    {
        using var folder = new TemporaryFolder();
        var copy = ExportedModels.Copy(ExportedModels.Golden("gemma3-text"), folder);
        File.Copy(
            Path.Combine(ExportedModels.Golden("gemma3-text-ropescaled"), "adapters", "all-linear-r8.onnx_adapter"),
            Path.Combine(copy, "adapters", "all-linear-r8.onnx_adapter"), overwrite: true);

        StringAssert.Contains((await MountFails(copy, "all-linear-r8")).Message, "another base");
    }

    [TestMethod]
    public async Task Mount_ManifestEntryOfAnotherBase_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var copy = ExportedModels.Copy(ExportedModels.Golden("gemma3-text"), folder);
        EditManifest(copy, m => m["adapters"]!["all-linear-r8"]!["base_fingerprint"] = "sha256:" + new string('0', 64));

        StringAssert.Contains((await MountFails(copy, "all-linear-r8")).Message, "another base");
    }

    [TestMethod]
    public async Task Mount_AdapterPathOutsideTheFolder_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var copy = ExportedModels.Copy(ExportedModels.Demo, folder);
        EditManifest(copy, m => m["adapters"]!["pos"]!["file"] = "../outside.onnx_adapter");

        StringAssert.Contains((await MountFails(copy, "pos")).Message, "outside the model folder");
    }

    [TestMethod]
    public async Task Mount_AdapterThatChangesNothing_IsRefusedByTheCanary()
    {
        using var folder = new TemporaryFolder();
        var peft = folder.File("zero");
        Directory.CreateDirectory(peft);
        File.Copy(Repository.Demo("pos", "adapter_config.json"), Path.Combine(peft, "adapter_config.json"));
        var trained = await File.ReadAllBytesAsync(Repository.Demo("pos", "adapter_model.safetensors"));
        await File.WriteAllBytesAsync(Path.Combine(peft, "adapter_model.safetensors"), Zeroed(trained));
        var copy = ExportedModels.Copy(ExportedModels.Demo, folder);
        AdapterExporter.Export(peft, copy, "zero");

        var e = await MountFails(copy, "zero");

        StringAssert.Contains(e.Message, "'zero' does nothing");
        using var model = XlLoraModel.Load(copy, new XlLoraModelOptions { Canary = false });
        Assert.AreEqual(FinishReason.Stop, (await Generate(model, "zero")).FinishReason);
    }

    private static async Task<InvalidDataException> MountFails(string folder, string adapter)
    {
        using var model = XlLoraModel.Load(folder);
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => Generate(model, adapter));
        // The failure costs neither the model nor its other adapters.
        Assert.AreNotEqual(FinishReason.Rejected, (await Generate(model, null)).FinishReason);
        return e;
    }

    private static async Task<GenerationResult> Generate(XlLoraModel model, string? adapter)
    {
        var request = new GenerationRequest { RowId = 0, UserMessage = "Hi", Adapter = adapter, Sampling = SamplingOptions.Greedy };
        return await model.GenerateAsync([request with { MaxNewTokens = 20 }]).SingleAsync();
    }

    private static void Truncate(string path)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(file.Length / 2);
    }

    private static void EditManifest(string folder, Action<JsonNode> edit)
    {
        var path = Path.Combine(folder, "xllora.json");
        var manifest = JsonNode.Parse(File.ReadAllText(path))!;
        edit(manifest);
        File.WriteAllText(path, manifest.ToJsonString());
    }

    private static byte[] Zeroed(byte[] safetensors)
    {
        var header = 8 + (int)BitConverter.ToInt64(safetensors);
        safetensors.AsSpan(header).Clear();
        return safetensors;
    }
}
