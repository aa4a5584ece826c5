using System.Buffers.Binary;
using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Docs.Tests;

/// <summary>docs/formats/model-folder.md and adapter-files.md say what is in the files.</summary>
[TestClass]
public sealed partial class ModelFolderFormatTests
{
    private const string Page = "docs/formats/model-folder.md";
    private static readonly string[] Named = ["/adapters", "/banks", "/banks/*/adapters"];

    [TestMethod]
    public void Manifest_OfFoldersOfEveryKind_HasTheFieldsOfThePageAndNoOthers()
    {
        using var folder = new TemporaryFolder();
        var adapter = new Dictionary<string, string> { ["pos"] = Repository.Demo("pos") };
        var generator = ModelExporter.Export(Repository.Demo("base"), folder.File("bank"), new ExportOptions { Adapters = adapter }).Folder;
        BankExporter.Export(generator, "all");
        var merged = ModelExporter.Export(
            Repository.Demo("base"), folder.File("merged"), new ExportOptions { Adapters = adapter, Merge = "pos" }).Folder;
        var checkpoint = Repository.Data("models", "bert").CopyTo(folder, "checkpoint");
        SentenceTransformersFiles.Write(checkpoint, """{"pooling_mode":"mean"}""", TestDense.Random(64, 32));
        var encoder = ModelExporter.Export(checkpoint, folder.File("encoder"),
            new ExportOptions { Precision = ExportPrecision.Int8, Keep = [new KeepRule("encoder.layer.0.*", ExportPrecision.Fp32)] })
            .Folder;
        var seen = JsonNames.Of([.. new[] { generator, merged, encoder, Material.Translator, Material.Flare }.Select(f => File.ReadAllText(Path.Combine(f, "xllora.json")))],
            Named);

        var undescribed = seen.Where(name => !Names(Documentation.PageText(Page)).Contains(name));
        Assert.AreEqual("", string.Join(", ", undescribed));
        // of FLARE with cross-attention, of checkpoints with sentence-transformers files, with vision towers, and with a
        // generation_config.json that asks for more
        string[] elsewhere = ["cross_attention_heads", "prompt", "default_prompt_name", "prompts", "similarity", "reason",
            "ignored_settings"];
        var unseen = Fields(Documentation.PageText(Page)).Where(name => !seen.Contains(name) && !elsewhere.Contains(name));
        Assert.AreEqual("", string.Join(", ", unseen));
    }

    [TestMethod]
    public void Graphs_OfEveryKind_HaveTheInputsAndOutputsOfThePage()
    {
        using var folder = new TemporaryFolder();
        var encoder = ModelExporter.Export(Repository.Data("models", "bert"), folder.File("encoder"), new ExportOptions()).Folder;
        var described = Names(Documentation.PageText(Page));
        foreach (var path in new[] { Material.Generator, encoder, Material.Translator, Material.Flare }.SelectMany(f => Directory.EnumerateFiles(f, "*.onnx")))
        {
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            Assert.Contains(Path.GetFileName(path), described, $"{Page} does not describe this graph.");
            using var session = new InferenceSession(path, options);
            string[] names = [.. session.InputMetadata.Keys, .. session.OutputMetadata.Keys];
            foreach (var name in names.Select(n => Number().Replace(n, ".N$1")).Distinct())
            {
                // the second of a pair stands without what both begin with
                var known = described.Contains(name) || described.Contains(name.Replace(".value", ".key", StringComparison.Ordinal));
                Assert.IsTrue(known, $"{Path.GetFileName(path)} has {name}, which {Page} does not describe.");
            }
        }
    }

    [TestMethod]
    public void AdapterFile_BytesAtTheirPlaces_AreAsThePageSays()
    {
        var bytes = File.ReadAllBytes(Path.Combine(Material.Generator, "adapters", "pos.onnx_adapter"));
        var manifest = System.Text.Json.JsonElement.Parse(File.ReadAllText(Path.Combine(Material.Generator, "xllora.json")));
        var fingerprint = manifest.GetProperty("base_fingerprint").GetString()!;
        var parameters = 2 * manifest.GetProperty("lora_slots").GetArrayLength();
        int Number(int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));

        Assert.AreEqual(20, Number(0));
        CollectionAssert.AreEqual("TORT"u8.ToArray(), bytes[4..8]);
        CollectionAssert.AreEqual(new[] { 12, Number(24), 1, Convert.ToInt32(fingerprint[7..15], 16) & int.MaxValue },
            new[] { Number(20), 1, Number(28), Number(32) });
        Assert.AreEqual(40, 36 + Number(36));
        Assert.AreEqual(parameters, Number(40));
        Assert.AreEqual(56 + 4 * parameters, 44 + Number(44));
        var table = 56 + 4 * parameters;
        Assert.AreEqual(44 + 4 * parameters, table - Number(table));
        var data = table + 16 + Number(table + 16);
        Assert.AreEqual(0, (data + 4) % 64);
        Assert.AreEqual(0, bytes.Length % 8);
    }

    /// <summary>What stands in backticks in a text.</summary>
    private static HashSet<string> Names(string text) => [.. Code().Matches(text).Select(m => m.Groups[1].Value)];

    /// <summary>What stands in backticks in the columns for names of the two tables of the manifest.</summary>
    private static IEnumerable<string> Fields(string page)
    {
        var section = page[page.IndexOf("## xllora.json", StringComparison.Ordinal)..];
        section = section[..section.IndexOf("## Base fingerprint", StringComparison.Ordinal)];
        return section.Split('\n').Where(l => l.StartsWith('|')).SelectMany(line =>
        {
            var cells = line.Split('|');
            // in the first table the fields are in the first column, in the second table in the second
            return Names(cells[1].Length > 1 && !cells[2].Contains('`', StringComparison.Ordinal) ? cells[1] : cells[2]);
        });
    }

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\.\d+(\.|$)")]
    private static partial Regex Number();
}
