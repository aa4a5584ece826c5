using System.Text.Json.Nodes;

namespace XlLoraOnnx.Formats.Tests;

/// <summary>Manifests as the exporter wrote them before there were kinds, with most of their lists cut off.</summary>
[TestClass]
public sealed class ManifestVersion1Tests
{
    private static readonly string[] Moved = ["tokens", "sampling", "embedding_scale"];

    [TestMethod]
    [DataRow("generator", "decoder", "tokens sampling embedding_scale")]
    [DataRow("embedder", "encoder", "tokens embedding_scale")]
    [DataRow("encoder", "encoder", "")]
    public void Read_VersionOne_LosesNothing(string name, string kind, string moved)
    {
        using var folder = new TemporaryFolder();
        var expected = Place(folder, name);
        CollectionAssert.AreEqual(moved.Split(' ', StringSplitOptions.RemoveEmptyEntries), Moved.Where(expected.ContainsKey).ToArray());

        var manifest = ModelManifest.Read(folder.Path);
        manifest.Write(folder.Path);

        var found = JsonNode.Parse(File.ReadAllText(folder.File(ModelManifest.FileName)))!.AsObject();
        found["decoder"]?.AsObject().Remove("caches");
        expected["schema_version"] = 2;
        expected["dimensions"]!.AsObject().Remove("sliding_window_layers");
        var facts = expected[kind]?.AsObject() ?? [];
        foreach (var field in moved.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            facts[field] = expected[field]!.DeepClone();
            expected.Remove(field);
        }
        // min-p came later; 0 is without it
        if (facts["sampling"] is JsonObject sampling)
            sampling["min_p"] ??= JsonNode.Parse("0");
        expected[kind] ??= facts;
        Assert.IsTrue(JsonNode.DeepEquals(expected, found), $"{expected}\n{found}");
    }

    [TestMethod]
    public void Read_VersionOneOfAGenerator_HasTheCachesThatFollowFromItsDimensions()
    {
        using var folder = new TemporaryFolder();
        Place(folder, "generator");

        var caches = ModelManifest.Read(folder.Path).Decoder!.Caches;

        CollectionAssert.AreEqual(
            Enumerable.Range(0, 6).Select(layer => CacheEntry.OfSelfAttention(layer, 2, 16, layer < 5 ? 16 : null)).ToArray(),
            caches.ToArray());
        var first = caches[0];
        Assert.AreEqual(("past_key_values.0.key", "past_key_values.0.value", "present.0.key", "present.0.value"),
            (first.KeyInput, first.ValueInput, first.KeyOutput, first.ValueOutput));
    }

    [TestMethod]
    [DataRow("generator")]
    [DataRow("embedder")]
    [DataRow("encoder")]
    public void Read_WhatWasConvertedAndWritten_IsTheSameAgain(string name)
    {
        using var folder = new TemporaryFolder();
        Place(folder, name);
        ModelManifest.Read(folder.Path).Write(folder.Path);
        var once = File.ReadAllText(folder.File(ModelManifest.FileName));

        ModelManifest.Read(folder.Path).Write(folder.Path);

        Assert.AreEqual(once, File.ReadAllText(folder.File(ModelManifest.FileName)));
    }

    [TestMethod]
    public void Read_VersionOneOfBeforeTheLayersWereListed_KeepsItsWindow()
    {
        using var folder = new TemporaryFolder();
        Place(folder, "generator", json => json["dimensions"]!.AsObject().Remove("sliding_window_layers"));

        var manifest = ModelManifest.Read(folder.Path);

        Assert.AreEqual(16, manifest.Dimensions.SlidingWindow);
        Assert.IsTrue(manifest.Decoder!.Caches.All(c => c.Window is null));
    }

    [TestMethod]
    public void Read_VersionOneWhereNoLayerHasTheWindow_HasNone()
    {
        using var folder = new TemporaryFolder();
        Place(folder, "generator", json => json["dimensions"]!["sliding_window_layers"] = new JsonArray());

        Assert.IsNull(ModelManifest.Read(folder.Path).Dimensions.SlidingWindow);
    }

    [TestMethod]
    [DataRow("tokens", "lacks tokens")]
    [DataRow("sampling", "lacks tokens, sampling")]
    [DataRow("embedding_scale", "embedding_scale")]
    [DataRow("canary", "lacks canary")]
    public void Read_VersionOneOfAGeneratorWithoutAField_IsRefused(string field, string message) =>
        ReadFails(json => json.Remove(field), message);

    [TestMethod]
    [DataRow(0)]
    [DataRow(int.MaxValue)]
    public void Read_VersionOneWithoutASaneNumberOfLayers_IsRefused(int layers) =>
        ReadFails(json => json["dimensions"]!["num_hidden_layers"] = layers, $"num_hidden_layers {layers}");

    private static void ReadFails(Action<JsonObject> change, string message)
    {
        using var folder = new TemporaryFolder();
        Place(folder, "generator", change);

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => ModelManifest.Read(folder.Path)).Message, message);
    }

    private static JsonObject Place(TemporaryFolder folder, string name, Action<JsonObject>? change = null)
    {
        var json = JsonNode.Parse(File.ReadAllText(Repository.Data("manifests", $"version1-{name}.json")))!.AsObject();
        change?.Invoke(json);
        File.WriteAllText(folder.File(ModelManifest.FileName), json.ToJsonString());
        return json;
    }
}
