using System.Text.Json;

namespace XlLoraOnnx.Evaluation.Tests;

/// <summary>BLEU, chrF and chrF++ beside what sacreBLEU itself says of the same texts.</summary>
[TestClass]
public sealed class TranslationMetricTests
{
    [TestMethod]
    public void Score_RecordedCases_EqualSacreBleu()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Repository.Data("refs", "metrics", "translation.json")));
        var settings = document.RootElement.GetProperty("settings").EnumerateArray().ToList();
        var metrics = settings.ConvertAll(Metric);
        var cases = document.RootElement.GetProperty("cases").EnumerateArray().ToList();

        Assert.HasCount(18, metrics);
        Assert.IsGreaterThanOrEqualTo(55, cases.Count);
        foreach (var c in cases)
        {
            var hypotheses = Strings(c.GetProperty("hypotheses"));
            string[][] references = [.. c.GetProperty("references").EnumerateArray().Select(Strings)];
            foreach (var (i, expected) in c.GetProperty("scores").EnumerateArray().Index())
            {
                var score = metrics[i].Score(hypotheses, references);
                Assert.AreEqual(expected.GetDouble(), score.Value, 1e-9, $"{c.GetProperty("name")}, {settings[i]}");
            }
        }
    }

    [TestMethod]
    public void Signature_OfEverySetting_IsThatOfSacreBleu()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Repository.Data("refs", "metrics", "translation.json")));
        foreach (var setting in document.RootElement.GetProperty("settings").EnumerateArray())
        {
            // of a case with two references
            var score = Metric(setting).Score(["a"], [["a", "b"]]);

            Assert.AreEqual(setting.GetProperty("name").GetString(), score.Name);
            Assert.AreEqual(setting.GetProperty("signature").GetString(), score.Signature);
        }
    }

    [TestMethod]
    public void Signature_VaryingReferences_SaysSo() =>
        Assert.AreEqual(
            "nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0",
            new BleuMetric().Score(["a", "b"], [["a", "c"], ["b"]]).Signature);

    /// <summary>Numbers of sacreBLEU's own tests (test_bleu.py, test_chrf.py).</summary>
    [TestMethod]
    [DataRow("this is a fest", "this is a test", 22.3606797749979)]
    [DataRow("test", "a test", 36.78794411714425)]
    [DataRow("a little test", "a test", 3.218297948685433)]
    public void Score_BleuOfSacreBleusTests_IsEqual(string hypothesis, string reference, double expected)
    {
        var options = new BleuOptions
        {
            Tokenization = BleuTokenization.None,
            Smoothing = BleuSmoothing.Floor,
            SmoothingValue = 0.01,
            EffectiveOrder = true,
        };

        Assert.AreEqual(expected, new BleuMetric(options).Score([hypothesis], [[reference]]).Value, 1e-8);
    }

    [TestMethod]
    [DataRow("aa", "ab", true, 8.3333)]
    [DataRow("a", "a", true, 16.6667)]
    [DataRow("a b c", "abc", true, 50)]
    [DataRow("aa", "ab", false, 25)]
    [DataRow("", "c", false, 0)]
    public void Score_ChrfOfSacreBleusTests_IsEqual(string hypothesis, string reference, bool epsilon, double expected)
    {
        var metric = new ChrfMetric(new ChrfOptions { Beta = 3, EpsilonSmoothing = epsilon });

        Assert.AreEqual(expected, metric.Score([hypothesis], [[reference]]).Value, 1e-4);
    }

    /// <summary>By hand: 4 of 5 words, 3 of 4 pairs, 2 of 3, 1 of 2; e^(1 − 6/5) for 5 words where 6 were wanted.</summary>
    [TestMethod]
    public void Score_ReckonedByHand_IsEqual()
    {
        var score = new BleuMetric().Score(["a b c d x"], [["a b c d e f"]]);

        Assert.AreEqual(100 * Math.Exp(-0.2) * Math.Pow(4.0 / 5 * 3 / 4 * 2 / 3 * 1 / 2, 0.25), score.Value, 1e-9);
        Assert.AreEqual("80.0/75.0/66.7/50.0 (BP = 0.819 ratio = 0.833 hyp_len = 5 ref_len = 6)", score.Details);
    }

    [TestMethod]
    public void Score_UnequalNumbers_AreRefused()
    {
        var metric = new ChrfMetric();

        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => metric.Score(["a"], [])).Message, "1 hypotheses");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => metric.Score(["a"], [[]])).Message, "Segment 0");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new BleuMetric(new BleuOptions { MaxOrder = 9 })).Message, "1 to 8");
    }

    private static TranslationMetric Metric(JsonElement s) => s.GetProperty("metric").GetString() == "BLEU"
        ? new BleuMetric(new BleuOptions
        {
            Tokenization = Text(s, "tokenize") switch
            {
                "zh" => BleuTokenization.Chinese,
                "char" => BleuTokenization.Characters,
                "none" => BleuTokenization.None,
                _ => BleuTokenization.Mteval13a,
            },
            Smoothing = Text(s, "smooth_method") switch
            {
                "floor" => BleuSmoothing.Floor,
                "add-k" => BleuSmoothing.AddK,
                "none" => BleuSmoothing.None,
                _ => BleuSmoothing.Exponential,
            },
            SmoothingValue = s.TryGetProperty("smooth_value", out var value) ? value.GetDouble() : null,
            EffectiveOrder = Flag(s, "effective_order"),
            MaxOrder = Number(s, "max_ngram_order", 4),
        })
        : new ChrfMetric(new ChrfOptions
        {
            CharacterOrder = Number(s, "char_order", 6),
            WordOrder = Number(s, "word_order", 0),
            Beta = Number(s, "beta", 2),
            CountsWhiteSpace = Flag(s, "whitespace"),
            EpsilonSmoothing = Flag(s, "eps_smoothing"),
        });

    private static string? Text(JsonElement setting, string name) =>
        setting.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static bool Flag(JsonElement setting, string name) => setting.TryGetProperty(name, out var value) && value.GetBoolean();

    private static int Number(JsonElement setting, string name, int absent) =>
        setting.TryGetProperty(name, out var value) ? value.GetInt32() : absent;

    private static string[] Strings(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetString()!)];
}
