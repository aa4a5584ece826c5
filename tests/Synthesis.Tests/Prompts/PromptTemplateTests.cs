using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class PromptTemplateTests
{
    private const string GenPositive =
        "You are an expert at natural language inference. Given a premise, you should return\n" +
        "an entailment sentence example (in {language}) to the premise. Return only the entailment sentence example without any " +
        "preamble or explanation. \n\nPremise: {premise}\n";

    private const string GenNegative =
        "You are an expert at natural language inference. Given a premise, you should return\n" +
        "a contradiction sentence example  (in {language}) to the premise. Return only the contradiction sentence example without any " +
        "preamble or explanation. \n\nPremise: {premise}\n";

    private const string TrainPositive =
        "You are an expert at natural language inference. Given a premise, you should return an entailment sentence example " +
        "(in {language}) to the premise. \n            Return only the entailment sentence example of the premise without any preamble " +
        "or explanation. \n\n            Premise: {premise}\n            ";

    private const string TrainNegative =
        "You are an expert at natural language inference. Given a premise, you should return a contradiction sentence example " +
        "(in {language}) to the premise. \n            Return only the contradiction sentence example of the premise without any " +
        "preamble or explanation. \n\n            Premise: {premise}\n            ";

    [TestMethod]
    [DataRow("xllora-gen-v1", true, GenPositive, "5280c6f2c1b08938b78f6108a39efcd661241fdeb9bf6a89da6f01eda9b64acc")]
    [DataRow("xllora-gen-v1", false, GenNegative, "01233bf8c6b71f1295ea85996456c151437bff20ea93bec6107cd11f218c1c21")]
    [DataRow("xllora-train-v1", true, TrainPositive, "efe10300147402f255196f87c3402077eabb0dc1db936266459a4e4ff111dfd8")]
    [DataRow("xllora-train-v1", false, TrainNegative, "f7e9f8bffde147693e9c3f61a8a08381634fc6a636d76cb24fd1347285fbd0a5")]
    public void Fill_WithItsOwnPlaceholders_IsPublishedPromptByteForByte(string set, bool positive, string expected, string sha256)
    {
        var template = positive ? PromptTemplate.Positive(set) : PromptTemplate.Negative(set);
        var text = template.Fill("{language}", "{premise}");
        Assert.AreEqual(expected, text);
        Assert.AreEqual(sha256, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }

    [TestMethod]
    public void Fill_Anchor_ReplacesBoth() =>
        StringAssert.EndsWith(
            PromptTemplate.Positive("xllora-gen-v1").Fill("Hausa", "Der Fischer trägt Holz."),
            "(in Hausa) to the premise. Return only the entailment sentence example without any preamble or explanation. \n\n" +
            "Premise: Der Fischer trägt Holz.\n");

    [TestMethod]
    [DataRow("{language} {premise} {0} $& $1 {{premise}}")]
    [DataRow("Premise: a\nmodel\n")]
    public void Fill_AnchorWithPlaceholders_StaysText(string anchor) =>
        StringAssert.EndsWith(PromptTemplate.Negative("xllora-gen-v1").Fill("English", anchor), $"\n\nPremise: {anchor}\n");

    [TestMethod]
    public void Fill_RecordedAnchors_ComeFromTheDemonstrationRecords()
    {
        // The token ids of these records are checked where a tokenizer is; here, that the prompts can be made from what is recorded.
        foreach (var anchor in RecordedAnchors())
            StringAssert.EndsWith(PromptTemplate.Positive("xllora-gen-v1").Fill("English", anchor), $"Premise: {anchor}\n");
    }

    [TestMethod]
    public void Positive_UnknownSet_ListsSets()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => PromptTemplate.Positive("v9"));
        StringAssert.Contains(e.Message, "\"v9\"; there are: xllora-gen-v1, xllora-train-v1.");
        CollectionAssert.AreEqual(new[] { "xllora-gen-v1", "xllora-train-v1" }, PromptStrategy.PromptSets.ToArray());
    }

    private static string[] RecordedAnchors()
    {
        using var file = new BinaryReader(File.OpenRead(Repository.Demo("base", "expected.safetensors")));
        using var header = JsonDocument.Parse(file.ReadBytes((int)file.ReadInt64()));
        var note = header.RootElement.GetProperty("__metadata__").GetProperty("prompts").GetString()!;
        const string Start = "generation prompt, language English; anchors: ";
        StringAssert.StartsWith(note, Start);
        var anchors = note[Start.Length..].Split(" | ");
        Assert.HasCount(4, anchors);
        return anchors;
    }
}
