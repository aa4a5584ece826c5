namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class NameWordsTests
{
    [TestMethod]
    [DataRow("sts-dev", "dev", null, "sts")]
    [DataRow("sts-train", "train", null, "sts")]
    [DataRow("sts_test", "test", null, "sts")]
    [DataRow("sts.dev", "dev", null, "sts")]
    [DataRow("STS-Dev", "dev", null, "STS")]
    [DataRow("stsb-de-val", "validation", "de", "stsb")]
    [DataRow("ko.validation", "validation", "ko", "")]
    [DataRow("dev-ko", "dev", "ko", "")]
    [DataRow("hin-dev", "dev", "hin", "")]
    [DataRow("ko-ko", null, "ko-ko", "")]
    [DataRow("sts17_en-de_test", "test", "en-de", "sts17")]
    [DataRow("en_de.train", "train", "en-de", "")]
    [DataRow("hau_Latn-dev", "dev", "hau_Latn", "")]
    [DataRow("belebele_hau_Latn", null, "hau_Latn", "belebele")]
    [DataRow("afr_test_with_labels", "test", "afr", "with_labels")]
    [DataRow("my-own.pairs_test", "test", null, "my-own.pairs")]
    [DataRow("latest", null, null, "latest")]
    [DataRow("trained", null, null, "trained")]
    public void Of_Name_TellsSplitLanguageAndTheRest(string name, string? split, string? language, string rest) =>
        Assert.AreEqual(new NameWords(split, language, rest), NameWords.Of(name));
}
