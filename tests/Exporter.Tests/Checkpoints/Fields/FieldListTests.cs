namespace XlLoraOnnx.Exporter.Tests;

/// <summary>The lists of fields say what the readers do: what one asks for is not neutral, and what is used is asked for.</summary>
[TestClass]
public sealed class FieldListTests
{
    private const string Linear = """{"rope_type":"linear","rope_theta":10000.0,"factor":2.0}""";
    private const string ByLayer = $$"""{"full_attention":{{Linear}},"sliding_attention":{{Linear}}}""";

    private const string Tokens = "\"bos_token_id\":1,\"eos_token_id\":2,\"pad_token_id\":0";

    private const string Llama3 = """
        {"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64}
        """;

    private static readonly Dictionary<string, Func<ConfigReader, object>> Readers = new()
    {
        ["llama"] = c => new LlamaConfig(c),
        ["gemma2"] = c => new Gemma2Config(c),
        ["gemma3"] = Gemma3Config.Read,
        ["bert"] = c => new BertConfig(c),
        ["distilbert"] = c => new DistilBertConfig(c),
        ["xlm-roberta"] = c => new XlmRobertaConfig(c),
        ["modernbert"] = c => new ModernBertConfig(c),
        ["m2m_100"] = c => new M2M100Config(c),
    };

    [TestMethod]
    [DataRow("llama", $$"""{"model_type":"llama",{{Tokens}}}""", $$"""{"model_type":"llama",{{Tokens}},"rope_parameters":{{Llama3}}}""")]
    [DataRow("gemma2", $$"""{"model_type":"gemma2",{{Tokens}}}""", $$"""{"model_type":"gemma2",{{Tokens}},"rope_scaling":{{Linear}}}""")]
    [DataRow("gemma3", $$"""{"model_type":"gemma3_text",{{Tokens}}}""",
        $$"""{"model_type":"gemma3_text",{{Tokens}},"rope_parameters":{{ByLayer}}}""",
        $$"""{"model_type":"gemma3_text",{{Tokens}},"rope_scaling":{{Linear}}}""")]
    [DataRow("bert", """{"model_type":"bert"}""")]
    [DataRow("distilbert", """{"model_type":"distilbert"}""")]
    [DataRow("xlm-roberta", """{"model_type":"xlm-roberta","type_vocab_size":1}""")]
    [DataRow("m2m_100", $$"""{"architectures":["M2M100ForConditionalGeneration"],"model_type":"m2m_100",{{Tokens}}}""")]
    [DataRow("modernbert", """{"model_type":"modernbert"}""", $$"""{"model_type":"modernbert","rope_parameters":{{ByLayer}}}""")]
    public void ConfigJson_OfEachFamily_ReadersAskForWhatTheListSays(string family, params string[] configs)
    {
        var asked = configs.SelectMany(config => Asked(family, config)).ToHashSet();

        Compare(CheckpointNotices.Families[family], asked);
    }

    [TestMethod]
    public void ConfigJson_AroundATextConfig_ReadersAskForWhatTheListSays()
    {
        var asked = Asked("gemma3", $$"""{"model_type":"gemma3",{{Tokens}},"text_config":{ } }""");

        // in the text config there are tokens too, for which GenerationConfig asks only where the whole has none
        Compare(DecoderFields.Gemma3Whole, asked.Where(n => !n.StartsWith("text_config.", StringComparison.Ordinal)).ToHashSet());
    }

    [TestMethod]
    public void GenerationConfig_Reader_AsksForWhatTheListSays()
    {
        using var folder = new TemporaryFolder();
        var read = ConfigReader.Open(folder.Write("generation_config.json", "{}"));
        var config = ConfigReader.Open(folder.Write("config.json", """{"bos_token_id":1,"eos_token_id":2,"pad_token_id":0}"""));

        _ = GenerationConfig.Read(read, config, 10);

        Compare(GenerationFields.All, read.Asked);
    }

    [TestMethod]
    public void GenerationConfig_EachFieldOfTheList_IsNamedOrNotAsItSays()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in GenerationFields.All.Names)
        {
            var field = GenerationFields.All.Find(name)!;
            var beams = GenerationSettings.OfBeams.Contains(name) ? "\"num_beams\":2," : "";

            bool IsNamed(string value) => GenerationSettings.Ignored(ConfigReader.Open(
                folder.Write("generation_config.json", $$"""{{{beams}}"{{name}}":{{value}}}"""))).Any(s => s.StartsWith(name + ' '));

            Assert.AreEqual(field.Use == FieldUse.Ignored, IsNamed("7"), name);
            foreach (var harmless in field.Harmless)
                Assert.IsFalse(IsNamed(harmless), $"{name} {harmless}");
        }
    }

    [TestMethod]
    public void AdapterConfig_Reader_AsksForWhatTheListSays()
    {
        using var folder = new TemporaryFolder();
        var read = ConfigReader.Open(folder.Write("adapter_config.json",
            """{"peft_type":"LORA","layers_to_transform":[0],"target_modules":["q_proj"],"layers_pattern":"layers"}"""));

        _ = new PeftAdapterConfig(read, []);

        var neutral = read.Asked.Where(n => PeftSettings.Fields.Find(n) is null or { Use: FieldUse.Neutral });
        Assert.AreEqual("", string.Join(", ", neutral));
        var used = PeftSettings.Fields.Names.Where(n => PeftSettings.Fields.Find(n)!.Use == FieldUse.Used);
        Assert.AreEqual("", string.Join(", ", used.Where(n => !read.Asked.Contains(n))));
    }

    [TestMethod]
    public void Find_FieldsOfEveryList_AreInOneTableOfItEach()
    {
        foreach (var list in FieldTableTests.Lists)
            CollectionAssert.AllItemsAreUnique(list.Tables.SelectMany(t => t.Fields).SelectMany(f => f.Names).ToArray());
    }

    private static IReadOnlySet<string> Asked(string family, string json)
    {
        using var folder = new TemporaryFolder();
        var config = ConfigReader.Open(folder.Write("config.json", json));
        _ = ModelFamilies.Find(config, ExportPrecision.Fp32);
        _ = Readers[family](config);
        if (family is "llama" or "gemma2" or "gemma3" or "m2m_100")
            _ = GenerationConfig.Read((ConfigReader?)null, config, 10);
        return config.Asked;
    }

    private static void Compare(ConfigFields list, IReadOnlySet<string> asked, string prefix = "")
    {
        var names = asked.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Select(n => n[prefix.Length..])
            .Where(n => !n.Contains('.', StringComparison.Ordinal)).ToHashSet();
        var unlisted = names.Where(n => list.Find(n) is null or { Use: FieldUse.Neutral });
        Assert.AreEqual("", string.Join(", ", unlisted.Order()), $"asked for under '{prefix}', and not in the list or neutral there");
        foreach (var name in names)
        {
            var within = $"{prefix}{name}.";
            if (list.Find(name)!.Parts is { } parts && asked.Any(n => n.StartsWith(within, StringComparison.Ordinal)))
                Compare(parts, asked, within);
        }
        // how a rotary embedding is made says which of its fields are read
        var unread = prefix.Length > 0 ? [] : list.Names.Where(n => list.Find(n)!.Use == FieldUse.Used && !names.Contains(n));
        Assert.AreEqual("", string.Join(", ", unread.Order()), "used, as the list says, and never asked for");
    }
}
