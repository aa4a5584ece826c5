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

    /// <summary>Of before products were computed of integers.</summary>
    [TestMethod]
    [DataRow("int8", null, "int8w", "lm_head=int8w layers.0.*=fp32")]
    [DataRow("int4", null, "int4", "lm_head=int8w layers.0.*=fp32")]
    [DataRow("int8", 8, "int8", "lm_head=int8 layers.0.*=fp32")]
    public void Read_EightBitsOfBefore_AreCalledWhatTheyAreCalledToday(string precision, int? bits, string today, string overrides)
    {
        using var folder = new TemporaryFolder();
        var model = folder.Export("gemma3-text");
        TestFolders.Edit(Path.Combine(model, ModelManifest.FileName), json =>
        {
            json["precision"] = precision;
            json["quantization"] = new JsonObject
            {
                ["block_size"] = 32,
                ["symmetric"] = true,
                ["accuracy_level"] = 4,
                ["overrides"] = new JsonArray("lm_head=int8", "layers.0.*=fp32"),
            };
            if (bits is not null)
                json["quantization"]!["activation_bits"] = bits;
        });

        var manifest = ModelManifest.Read(model);

        Assert.AreEqual((today, overrides), (manifest.Precision, string.Join(' ', manifest.Quantization!.Overrides)));
    }

    [TestMethod]
    public void Read_OfTwoKinds_IsRefused() => ReadFails(json => json["encoder"] = JsonNode.Parse(
        """
        {"pooling": "mean", "pooling_source": "option", "normalize": true, "dimension": 1, "max_sequence_length": 1,
         "has_token_type_ids": false, "pad_token_id": 0, "do_lower_case": false}
        """), "both decoder and encoder");

    [TestMethod]
    public void Read_OfNoKind_IsRefused() => ReadFails(json => json.Remove("decoder"), "neither decoder nor encoder");

    [TestMethod]
    public void Read_DecoderWithoutACanary_IsRefused() => ReadFails(json => json.Remove("canary"), "lacks canary");

    [TestMethod]
    public void Read_DecoderWithoutCaches_IsRefused() => ReadFails(json => json["decoder"]!["caches"] = new JsonArray(), "decoder.caches");

    [TestMethod]
    [DataRow("layer", -1, "layer -1")]
    [DataRow("heads", 0, "0 heads of 16")]
    [DataRow("head_dim", -2, "2 heads of -2")]
    [DataRow("window", 0, "a window of 0")]
    public void Read_CacheWithANumberThatCannotBe_IsRefused(string field, int value, string message) =>
        ReadFails(json => json["decoder"]!["caches"]![1]![field] = value, message);

    [TestMethod]
    [DataRow("key_input", "", "an empty name")]
    [DataRow("value_input", "past_key_values.1.key", "'past_key_values.1.key' twice")]
    [DataRow("key_output", null, "without key_output")]
    [DataRow("kind", "other", "not a valid manifest")]
    public void Read_CacheWithANameThatCannotBe_IsRefused(string field, string? value, string message) =>
        ReadFails(json => json["decoder"]!["caches"]![1]![field] = value, message);

    [TestMethod]
    public void Read_CacheOfCrossAttentionThatNoStepChanges_IsTaken()
    {
        using var folder = new TemporaryFolder();
        var model = folder.Export("gemma3-text");
        var path = Path.Combine(model, ModelManifest.FileName);
        TestFolders.Edit(path, json => json["decoder"]!["caches"]!.AsArray().Add(JsonNode.Parse(
            """{"layer": 0, "kind": "cross", "key_input": "cross.0.key", "value_input": "cross.0.value", "heads": 4, "head_dim": 8}""")));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => ModelManifest.Read(model)).Message, "decoder.translation");
        TestFolders.Edit(path, json => json["decoder"]!["translation"] = JsonNode.Parse(
            """{"decoder_start_token_id": 2, "max_source_length": 16}"""));

        var cache = ModelManifest.Read(model).Decoder!.Caches[^1];

        Assert.AreEqual((CacheKind.Cross, null, 4, 8), (cache.Kind, cache.KeyOutput, cache.Heads, cache.HeadDim));
    }

    private static void ReadFails(Action<JsonObject> change, string message)
    {
        using var folder = new TemporaryFolder();
        var model = folder.Export("gemma3-text");
        TestFolders.Edit(Path.Combine(model, ModelManifest.FileName), change);

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => ModelManifest.Read(model)).Message, message);
    }
}
