using System.Text.Json.Nodes;

namespace XlLoraOnnx.Formats.Tests;

[TestClass]
public sealed class ModelManifestTests
{
    [TestMethod]
    [DataRow("files", "null among")]
    [DataRow("lora_slots", "null among")]
    [DataRow("coverage", "null among")]
    public void Read_NullInAList_IsRefused(string list, string message) =>
        ReadFails(json => json[list]!.AsArray().Add(null), message);

    [TestMethod]
    [DataRow("files", "path")]
    [DataRow("lora_slots", "name")]
    [DataRow("coverage", "tensor")]
    public void Read_EntryWithoutAField_IsRefused(string list, string field) =>
        ReadFails(json => json[list]![0]!.AsObject().Remove(field), "not a valid manifest");

    [TestMethod]
    public void Read_NullForAnAdapter_IsRefused() => ReadFails(json => json["adapters"]!["x"] = null, "null among");

    [TestMethod]
    [DataRow("../../etc/passwd")]
    [DataRow("/etc/passwd")]
    [DataRow("a\\..\\b")]
    public void Read_FileOutsideTheFolder_IsRefused(string path) =>
        ReadFails(json => json["files"]![0]!["path"] = path, "outside the model folder");

    [TestMethod]
    public void Read_DeepManifest_IsRefused() =>
        ReadFails(json => json["family"] = JsonNode.Parse(new string('[', 60) + new string(']', 60)), "not a valid manifest");

    [TestMethod]
    [DataRow("sha256:zz")]
    [DataRow("sha256:zz00000000000000000000000000000000000000000000000000000000000000")]
    public void ModelVersion_NoFingerprint_IsRefused(string fingerprint)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => BaseFingerprints.ModelVersion(fingerprint));

        StringAssert.Contains(error.Message, fingerprint);
    }

    private static void ReadFails(Action<JsonObject> change, string message)
    {
        using var folder = new TemporaryFolder();
        var model = folder.Export("gemma3-text");
        TestFolders.Edit(Path.Combine(model, ModelManifest.FileName), change);

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => ModelManifest.Read(model)).Message, message);
    }
}
