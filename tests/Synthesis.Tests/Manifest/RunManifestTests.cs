using System.Text.Json.Nodes;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RunManifestTests
{
    [TestMethod]
    public void Read_WhatWasWritten_IsTheSame()
    {
        using var folder = new TemporaryFolder();
        var manifest = Make();
        File.WriteAllBytes(folder.File("run.json"), manifest.ToBytes());

        var read = RunManifest.Read(folder.File("run.json"));

        CollectionAssert.AreEqual(manifest.ToBytes(), read.ToBytes());
        Assert.AreEqual(manifest.Input, read.Input);
        Assert.AreEqual("müller <a> 𝒳", read.Prompts["p.txt"]);
        CollectionAssert.AreEqual(new[] { "synthesize", "--x" }, read.Command!.Arguments.ToArray());
        Assert.AreEqual(5, read.Outcome!.Files["triplets.csv"].Bytes);
        StringAssert.Contains(File.ReadAllText(folder.File("run.json")), "müller <a>", "people read it");
    }

    [TestMethod]
    [DataRow(1, 16, 1)]
    [DataRow(16, 16, 1)]
    [DataRow(17, 16, 2)]
    [DataRow(1_000_000, 4096, 245)]
    [DataRow(long.MaxValue / 4, int.MaxValue, 1073741825)]
    public void Shards_AnyRows_CoverThem(long rows, int shardRows, int shards) =>
        Assert.AreEqual(shards, (Make() with { Input = Make().Input with { Rows = rows }, ShardRows = shardRows }).Shards);

    [TestMethod]
    [DataRow("", "does not describe a run")]
    [DataRow("null", "is null")]
    [DataRow("{", "does not describe a run")]
    [DataRow("[]", "does not describe a run")]
    [DataRow("{\"format\": 1}", "does not describe a run")]
    [DataRow("FORMAT 2", "has format 2; this version reads 1. It was written by version 0.1.0; continue the run with that")]
    [DataRow("SHARD_ROWS 0", "has 20 rows in shards of 0; both must be at least 1")]
    [DataRow("SHARD_ROWS null", "does not describe a run")]
    [DataRow("ROWS 0", "has 0 rows in shards of 16")]
    [DataRow("INPUT null", "does not describe a run")]
    public void Read_WhatIsNoRun_SaysWhichFileAndWhy(string content, string message)
    {
        using var folder = new TemporaryFolder();
        // NAME VALUE is a manifest with another value there
        var path = folder.Write("run.json", content.Split(' ') is [var name, var value] && char.IsUpper(name[0])
            ? Edited(name.ToLowerInvariant(), value) : content);

        var e = Assert.ThrowsExactly<InvalidDataException>(() => RunManifest.Read(path));

        StringAssert.Contains(e.Message, path);
        StringAssert.Contains(e.Message, message);
    }

    [TestMethod]
    public void RowsOf_DedupeAndSamples_AreCounted()
    {
        var input = Make().Input;
        var job = new SynthesisJobOptions { Input = "i", Output = "o", Synthesis = new SynthesisOptions { Samples = 3 } };

        Assert.AreEqual(60, input.RowsOf(job));
        Assert.AreEqual(45, input.RowsOf(job with { Dedupe = true }));
    }

    private static string Edited(string name, string value)
    {
        var json = JsonNode.Parse(Make().ToBytes())!.AsObject();
        (name == "rows" ? json["input"]!.AsObject() : json)[name] = JsonNode.Parse(value);
        return json.ToJsonString();
    }

    private static RunManifest Make() => new()
    {
        Format = RunManifest.CurrentFormat,
        RunId = "0123456789abcdef",
        Created = new DateTimeOffset(2026, 11, 28, 1, 2, 3, TimeSpan.Zero),
        ToolVersion = "0.1.0",
        Input = new RunInput("anchors.csv", 1000, "ab12", 20, 15),
        ShardRows = 16,
        Identity = new(StringComparer.Ordinal) { ["seed"] = "7" },
        Prompts = new(StringComparer.Ordinal) { ["p.txt"] = "müller <a> 𝒳" },
        Command = new RunCommand(["synthesize", "--x"], ".."),
        Outcome = new RunOutcome
        {
            Completed = new DateTimeOffset(2026, 11, 28, 4, 5, 6, TimeSpan.Zero),
            Records = 40,
            Triplets = 18,
            Rejected = 2,
            Reasons = new(StringComparer.Ordinal) { ["length"] = 2 },
            MerkleRoot = "cd34",
            Files = new(StringComparer.Ordinal) { ["triplets.csv"] = new RunFile(5, "ef56") },
            Contexts = new(StringComparer.Ordinal) { ["c"] = new(StringComparer.Ordinal) { ["engine"] = "continuous" } },
        },
    };
}
