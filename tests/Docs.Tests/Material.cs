using System.Collections.Concurrent;
using System.Text.Json;

namespace XlLoraOnnx.Docs.Tests;

/// <summary>
/// What the names of the documentation stand for in these tests: the demonstration model for any Gemma, tiny encoders with recorded
/// numbers, texts of the closed world. Models are exported once.
/// </summary>
[TestClass]
public static class Material
{
    private const string Gemma = "onnx-models/gemma-3-1b", MiniLm = "onnx-models/minilm", Xlmr = "onnx-models/xlmr",
        Nllb = "onnx-models/nllb", Xnli = "onnx-models/xnli-es", Tydiqa = "onnx-models/tydiqa-sw";
    private static readonly TemporaryFolder Root = new();
    private static readonly ConcurrentDictionary<string, Lazy<string>> Models = new();
    private static readonly Lazy<string> TranslatorCheckpoint = new(() => NllbCheckpoint.Write(Root.File("nllb-checkpoint")));
    private static readonly JsonElement[] World = [.. Repository.WorldLines()
        .Where((_, line) => line % 50 == 0).Select(line => JsonElement.Parse(line))];

    private static readonly (string English, int Label, string Spanish)[] Inference =
    [
        ("He sells fresh bread.,He sells food.", 0, "Él vende pan fresco.,Vende comida."),
        ("He sells fresh bread.,The film was boring.", 1, "Él vende pan fresco.,La película fue aburrida."),
        ("Please close the door.,The door is closed.", 2, "Cierra la puerta por favor.,La puerta está cerrada."),
    ];

    private static readonly Dictionary<string, Action<string>> ByName = new()
    {
        ["google-gemma-3-1b-it"] = path => Copy(Repository.Demo("base"), path),
        ["google-gemma-3-27b-it"] = path => Copy(Repository.Demo("base"), path),
        ["all-MiniLM-L6-v2"] = path => Copy(Repository.Data("models", "bert"), path),
        ["embeddinggemma-300m"] = EmbeddingGemma,
        ["xlm-roberta-base"] = path => Copy(Repository.Data("models", "xlm-roberta"), path),
        ["nllb-200-distilled-600M"] = path => NllbCheckpoint.Write(path),
        ["adapters/eng-hau"] = path => Copy(Repository.Data("models", "nllb", "adapters", "eng_Latn-hau_Latn"), path),
        ["references/nllb.safetensors"] = path =>
            File.Copy(Repository.Data("models", "nllb", "adapters", "eng_Latn-hau_Latn", "expected.safetensors"), path),
        ["xlmr-large"] = path => Copy(Repository.Data("models", "flare-xlmr", "base"), path),
        ["runs/xnli-en"] = path => Copy(Repository.Data("models", "flare-xlmr", "task"), path),
        ["runs/xnli-en-es-add_relu"] = FlareRun,
        [Xnli] = path => Copy(Flare, path),
        [Tydiqa] = path => Copy(Model(Tydiqa, Repository.Data("models", "flare-xlmr", "qa"), Fused("qa-task")), path),
        ["xnli-es.csv"] = path => File.WriteAllLines(path, ["premise,hypothesis,label,premise_translated,hypothesis_translated",
            "Él vende pan fresco.,La película fue aburrida.,1,He sells fresh bread.,The film was boring.",
            "Él vende pan fresco.,Vende pan.,entailment,He sells fresh bread.,He sells bread."]),
        ["tydiqa-sw.jsonl"] = path => File.WriteAllLines(path, [Line(("id", "swahili-1"), ("question", "Mkulima hupanda nini?"),
            ("context", "Mkulima hupanda mahindi mwezi Mei."))]),
        ["adapters/pos"] = path => Copy(Repository.Demo("pos"), path),
        ["adapters/neg"] = path => Copy(Repository.Demo("neg"), path),
        ["adapters/task"] = path => Copy(Repository.Demo("pos"), path),
        ["adapters/hausa"] = path => Copy(Repository.Demo("neg"), path),
        ["adapters/english"] = path => Copy(Repository.Demo("pos"), path),
        [Gemma] = path => Copy(Generator, path),
        [Nllb] = path => Copy(Translator, path),
        [MiniLm] = path => Copy(Encoder, path),
        [Xlmr] = path => Copy(Model(Xlmr, Repository.Data("models", "xlm-roberta"), new ExportOptions()), path),
        ["references/gemma-3-1b-pos.safetensors"] = path => File.Copy(Repository.Demo("pos", "expected.safetensors"), path),
        ["references/xlmr.safetensors"] = path => File.Copy(Repository.Data("models", "xlm-roberta", "expected.safetensors"), path),
        ["anchors.csv"] = path => File.WriteAllLines(path, ["sent0", .. World.Select(Anchor)]),
        ["pairs.json"] = path => File.WriteAllText(path, Documentation.Blocks("json").Single(
            b => b.File == "docs/translate.md").Text),
        ["sentences.txt"] = path => File.WriteAllLines(path, World.Take(5).Select(w => w.GetProperty("english").GetString()!)),
        ["languages.csv"] = path => File.WriteAllLines(path,
            ["sent0,language", .. World.Select((w, i) => $"{Anchor(w)},{(i % 2 == 0 ? "hau" : "deu")}")]),
        ["recipes.json"] = Recipes,
        ["texts.txt"] = path => File.WriteAllLines(path, World.Select(Anchor)),
        ["texts.jsonl"] = path => File.WriteAllLines(path, World.Select(w => Line(("text", Anchor(w))))),
        ["examples.csv"] = path => File.WriteAllLines(path, ["sent0,sent1,hard_neg", .. World.Select(w =>
            $"{Anchor(w)},{w.GetProperty("entailments")[0]},{w.GetProperty("contradictions")[0]}")]),
        ["SemRel2024"] = path => File.WriteAllLines(Path.Combine(Directory.CreateDirectory(path).FullName, "hau_test.csv"),
            ["PairID,Text,Score", .. World.Select((w, i) => $"HAU-{i},\"{Anchor(w)}\n{w.GetProperty("english")}\",{0.01 * i}")]),
        ["flores200_dataset"] = path => File.WriteAllLines(
            Path.Combine(Directory.CreateDirectory(Path.Combine(path, "devtest")).FullName, "hau_Latn.devtest"), World.Select(Anchor)),
        ["nllb-base"] = path => Translations(path, World.Select(w => w.GetProperty("entailments")[0].GetString()!)),
        ["nllb-adapted"] = path => Translations(path, World.Select(Anchor)),
        ["translations.csv"] = path => File.WriteAllLines(path, ["hypothesis,reference", .. World.Select(w =>
            $"{w.GetProperty("entailments")[0]},{Anchor(w)}")]),
        ["xnli-en.csv"] = path => File.WriteAllLines(path, ["premise,hypothesis,label", .. Inference.Select(i => $"{i.English},{i.Label}")]),
        ["xnli-en-es.csv"] = path => File.WriteAllLines(path, ["premise,hypothesis,label,premise_translated,hypothesis_translated",
            .. Inference.Select(i => $"{i.English},{i.Label},{i.Spanish}")]),
        ["nusax/test.csv"] = path => File.WriteAllLines(path, ["id,text,label", .. World.Take(3).Select((w, i) => $"{i},{Anchor(w)},{i}")]),
        ["xnli.test.csv"] = path => File.WriteAllLines(path, ["premise,hypothesis,label,prediction", .. World.Select((w, i) =>
            $"{Anchor(w)},{w.GetProperty("entailments")[0]},{i % 3},{i % 2}")]),
        ["xnli-fused.csv"] = path => File.WriteAllLines(path, ["prediction", .. World.Select((_, i) => $"{i % 3}")]),
        ["belebele/hau_Latn.jsonl"] = path => File.WriteAllLines(path, World.Select((w, i) => Line(("link", $"l{i}"),
            ("flores_passage", Anchor(w)), ("question", w.GetProperty("english").GetString()!), ("dialect", "hau_Latn")))),
    };

    /// <summary>A folder for the demonstration's exports, which the program makes itself.</summary>
    public static string Cache => Root.File("cache");

    /// <summary>With the adapters pos and neg.</summary>
    public static string Generator => Model(Gemma, Repository.Demo("base"), new ExportOptions
    {
        Adapters = new Dictionary<string, string> { ["pos"] = Repository.Demo("pos"), ["neg"] = Repository.Demo("neg") },
    });

    public static string Translator => Model(Nllb, TranslatorCheckpoint.Value, new ExportOptions
    {
        Adapters = new Dictionary<string, string> { ["eng-hau"] = Repository.Data("models", "nllb", "adapters", "eng_Latn-hau_Latn") },
    });

    /// <summary>A run of FLARE.</summary>
    public static string Flare => Model("flare", Repository.Data("models", "flare-xlmr", "matmul_relu"), Fused("task"));

    public static string Encoder => Model(MiniLm, Repository.Data("models", "bert"), new ExportOptions());

    /// <summary>Puts there what a text names, unless it makes it itself.</summary>
    public static void Provide(string workspace, string text, IEnumerable<string> outputs)
    {
        var made = outputs.Select(o => o.TrimEnd('/')).ToHashSet();
        foreach (var (name, make) in ByName.Where(m => text.Contains(m.Key, StringComparison.Ordinal) && !made.Contains(m.Key)))
        {
            var path = Path.Combine(workspace, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            make(path);
        }
    }

    /// <summary>With the adapters that it names, which are not in the text of the command.</summary>
    private static void Recipes(string path)
    {
        foreach (var (name, from) in (IEnumerable<(string, string)>)[("task_pos", "pos"), ("task_neg", "neg"), ("hausa", "neg")])
            Copy(Repository.Demo(from), Path.Combine(Path.GetDirectoryName(path)!, "parts", name));
        File.WriteAllText(path, """
            {
              "adapters": {"task_pos": "parts/task_pos", "task_neg": "parts/task_neg", "lm_hau": "parts/hausa"},
              "lambda": 0.1,
              "template": {"positive": "task_pos + lambda * lm_{language}", "negative": "task_neg + lambda * lm_{language}"},
              "languages": {"hau": {"name": "Hausa"}, "deu": {"positive": "task_pos", "negative": "task_neg"}}
            }
            """);
    }

    [AssemblyCleanup]
    public static void DeleteFolders() => Root.Dispose();

    private static string Model(string name, string checkpoint, ExportOptions options) =>
        Models.GetOrAdd(name, _ => new Lazy<string>(() => ModelExporter.Export(checkpoint, Root.File(name), options).Folder)).Value;

    private static ExportOptions Fused(string taskRun) => new()
    {
        Flare = new FlareOptions
        {
            BaseFolder = Repository.Data("models", "flare-xlmr", "base"),
            TaskRunFolder = Repository.Data("models", "flare-xlmr", taskRun),
        },
    };

    private static void EmbeddingGemma(string path)
    {
        Copy(Repository.Data("models", "gemma3-text"), path);
        TestFolders.Edit(Path.Combine(path, "config.json"), config => config["use_bidirectional_attention"] = true);
        SentenceTransformersFiles.Write(
            path, """{"pooling_mode_mean_tokens":true}""", TestDense.Random(64, 96), TestDense.Random(96, 64), "Normalize");
    }

    /// <summary>With the recorded inputs beside it, of which the numbers are.</summary>
    private static void FlareRun(string path)
    {
        Copy(Repository.Data("models", "flare-xlmr", "matmul_relu"), path);
        File.Copy(Repository.Data("models", "flare-xlmr", "inputs-xnli.safetensors"),
            Path.Combine(Path.GetDirectoryName(path)!, "inputs-xnli.safetensors"));
    }

    private static void Translations(string path, IEnumerable<string> lines) =>
        File.WriteAllLines(Path.Combine(Directory.CreateDirectory(path).FullName, "eng_Latn-hau_Latn.txt"), lines);

    private static string Anchor(JsonElement line) => line.GetProperty("sent0").GetString()!;

    private static string Line(params (string Name, string Value)[] fields) =>
        JsonSerializer.Serialize(fields.ToDictionary(f => f.Name, f => f.Value));

    private static void Copy(string source, string copy)
    {
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var path = Path.Combine(copy, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(file, path);
        }
    }
}
