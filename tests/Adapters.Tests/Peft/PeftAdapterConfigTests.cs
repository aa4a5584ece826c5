using System.Text.RegularExpressions;

namespace XlLoraOnnx.Adapters.Tests;

/// <summary>Expected values follow the rules of peft 0.18 (tuners_utils.py, utils/other.py).</summary>
[TestClass]
public sealed class PeftAdapterConfigTests
{
    private const string Q0 = "model.layers.0.self_attn.q_proj";

    [TestMethod]
    [DataRow("""["q_proj"]""", Q0, true)]
    [DataRow("""["proj"]""", Q0, false, DisplayName = "a suffix within a name is none")]
    [DataRow("""["self_attn.q_proj"]""", Q0, true)]
    [DataRow("""["model.layers.0.self_attn.q_proj"]""", Q0, true)]
    [DataRow("""["v_proj"]""", Q0, false)]
    [DataRow("""[".*q_proj"]""", Q0, false, DisplayName = "a list holds names, not expressions")]
    [DataRow("\"all-linear\"", Q0, true)]
    [DataRow("\"q_proj\"", Q0, false, DisplayName = "an expression matches the whole path")]
    [DataRow("\".*q_proj\"", Q0, true)]
    [DataRow("\".*q|.*q_proj\"", Q0, true, DisplayName = "alternatives match the whole path each")]
    [DataRow("\"model.*\"", "x.model.layers.0", false)]
    [DataRow("\"^(?!.*vision).*(q|v)_proj$\"", Q0, true, DisplayName = "lookahead")]
    public void Selects_TargetModules_MatchesAsPeftDoes(string target, string path, bool expected)
    {
        Assert.AreEqual(expected, Config($$"""{"target_modules":{{target}}}""").Selects(path));
    }

    [TestMethod]
    [DataRow("""["q_proj"]""", false)]
    [DataRow("""["0.self_attn.q_proj"]""", false)]
    [DataRow("\".*\\\\.0\\\\..*\"", false)]
    [DataRow("""["k_proj"]""", true)]
    [DataRow("[]", true)]
    [DataRow("null", true)]
    public void Selects_ExcludeModules_GoBeforeTargets(string exclude, bool expected)
    {
        Assert.AreEqual(expected, Config($$"""{"target_modules":["q_proj"],"exclude_modules":{{exclude}}}""").Selects(Q0));
    }

    [TestMethod]
    [DataRow("[0, 2]", "null", "model.layers.2.self_attn.q_proj", true)]
    [DataRow("[0, 2]", "null", "model.layers.1.self_attn.q_proj", false)]
    [DataRow("1", "null", "model.layers.1.self_attn.q_proj", true)]
    [DataRow("1", "\"layers\"", "model.layers.11.self_attn.q_proj", false)]
    [DataRow("[1]", """["h", "layers"]""", "model.layers.1.self_attn.q_proj", true)]
    [DataRow("[1]", "\"h\"", "model.layers.1.self_attn.q_proj", false)]
    [DataRow("[]", "null", "model.layers.1.self_attn.q_proj", true)]
    public void Selects_LayersToTransform_LimitLists(string layers, string pattern, string path, bool expected)
    {
        var config = Config($$"""{"target_modules":["q_proj"],"layers_to_transform":{{layers}},"layers_pattern":{{pattern}}}""");

        Assert.AreEqual(expected, config.Selects(path));
    }

    [TestMethod]
    public void Selects_LayersToTransform_DoNotLimitExpressions()
    {
        var config = Config("""{"target_modules":".*q_proj","layers_to_transform":[5]}""");

        Assert.IsTrue(config.Selects(Q0));
    }

    [TestMethod]
    public void ScaleOf_Patterns_TakeTheFirstThatMatches()
    {
        var config = Config("""
            {"target_modules":"all-linear","r":4,"lora_alpha":8,"rank_pattern":{"layers.1.mlp.up_proj":2,"q_proj":8,".*_proj":5},
             "alpha_pattern":{"down_proj":3,"self_attn.q_proj":4.5}}
            """);

        Assert.AreEqual(2, config.RankOf("model.layers.1.mlp.up_proj"));
        Assert.AreEqual(8, config.RankOf(Q0));
        Assert.AreEqual(5, config.RankOf("model.layers.0.mlp.up_proj"));
        Assert.AreEqual(4, config.RankOf("model.norm"));
        Assert.AreEqual(4.5f / 8, config.ScaleOf(Q0));
        Assert.AreEqual(3f / 5, config.ScaleOf("model.layers.0.mlp.down_proj"));
        Assert.AreEqual(8f / 2, config.ScaleOf("model.layers.1.mlp.up_proj"));
    }

    [TestMethod]
    public void RankOf_Pattern_MatchesWholeNamesFromADot()
    {
        var config = Config("""{"target_modules":"all-linear","r":4,"rank_pattern":{"attn.q_proj":8,"q":9}}""");

        Assert.AreEqual(4, config.RankOf(Q0));
    }

    [TestMethod]
    public void ScaleOf_Rslora_DividesByTheRoot()
    {
        Assert.AreEqual(4f, Config("""{"target_modules":["q_proj"],"r":4,"lora_alpha":8,"use_rslora":true}""").ScaleOf(Q0));
        Assert.AreEqual(1f, Config("""{"target_modules":["q_proj"]}""").ScaleOf(Q0));
    }

    [TestMethod]
    [DataRow("""{"target_modules":"(q_proj"}""", "target_modules")]
    [DataRow("""{"target_modules":["q_proj"],"exclude_modules":"[z-a]"}""", "exclude_modules")]
    [DataRow("""{"target_modules":["q_proj"],"rank_pattern":{"(":2}}""", "rank_pattern")]
    [DataRow("""{"target_modules":["q_proj"],"alpha_pattern":{"q_proj":"2"}}""", "alpha_pattern.q_proj")]
    [DataRow("""{"target_modules":["q_proj"],"rank_pattern":{"q_proj":0}}""", "rank_pattern.q_proj")]
    [DataRow("""{"target_modules":["q_proj"],"layers_to_transform":1,"layers_pattern":"("}""", "layers_pattern")]
    [DataRow("""{"target_modules":["q_proj"],"r":0}""", "r is 0")]
    [DataRow("""{"target_modules":["q_proj"],"lora_alpha":"8"}""", "lora_alpha")]
    [DataRow("""{"target_modules":["q_proj"],"use_rslora":1}""", "use_rslora")]
    [DataRow("""{"target_modules":7}""", "target_modules")]
    [DataRow("""{"target_modules":null}""", "target_modules")]
    public void Constructor_BadSetting_IsAReasonThatNamesIt(string json, string setting)
    {
        var reasons = new List<string>();

        Config(json, reasons);

        Assert.HasCount(1, reasons);
        StringAssert.Contains(reasons[0], setting);
    }

    [TestMethod]
    public void Constructor_SeveralBadSettings_GivesEveryReason()
    {
        var reasons = new List<string>();

        Config("""{"target_modules":"(","r":-1,"use_dora":true,"modules_to_save":["norm"],"new_thing":3}""", reasons);

        foreach (var setting in (string[])["target_modules", ": r is -1", "use_dora", "modules_to_save", "new_thing"])
            Assert.IsTrue(reasons.Any(r => r.Contains(setting)), setting);
        Assert.HasCount(5, reasons);
    }

    [TestMethod]
    public void Selects_ExpressionThatExplodes_IsStopped()
    {
        var config = Config("""{"target_modules":"(a+)+b"}""");

        Assert.ThrowsExactly<RegexMatchTimeoutException>(() => config.Selects(new string('a', 60)));
    }

    private static PeftAdapterConfig Config(string json)
    {
        var reasons = new List<string>();
        var config = Config(json, reasons);
        Assert.IsEmpty(reasons, string.Join('\n', reasons));
        return config;
    }

    private static PeftAdapterConfig Config(string json, List<string> reasons)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("adapter_config.json", """{"peft_type":"LORA",""" + json.TrimStart()[1..]);
        return new PeftAdapterConfig(ConfigReader.Open(path), reasons);
    }
}
