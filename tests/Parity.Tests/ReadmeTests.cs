using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>The C# of the README compiles and runs: its blocks are the bodies of the methods below, line by line.</summary>
[TestClass]
public sealed partial class ReadmeTests
{
    private static readonly string[] Anchors = ["Der Fischer trägt Holz.", "Mwanafunzi anabeba maji sokoni."];

    [TestMethod]
    public void Readme_EveryCodeBlock_IsCompiledHere()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        var blocks = CodeBlock().Matches(readme).Select(m => Normalize(m.Groups[1].Value)).ToArray();
        var source = File.ReadAllText(Path.Combine(Repository.Root, "tests", "Parity.Tests", "ReadmeTests.cs"));
        var compiled = Snippet().Matches(source).Select(m => Normalize(m.Groups[1].Value)).ToArray();

        Assert.HasCount(7, blocks);
        CollectionAssert.AreEqual(compiled, blocks);
    }

    [TestMethod]
    public async Task Readme_ItsCode_Runs()
    {
        using var folder = new TemporaryFolder();
        var output = new StringWriter();
        var before = (Console.Out, Directory.GetCurrentDirectory());
        Console.SetOut(output);
        Directory.SetCurrentDirectory(folder.Path);
        try
        {
            CopyFolder(Repository.Demo("base"), "google-gemma-3-1b-it");
            CopyFolder(Repository.Demo("pos"), "adapters/pos");
            CopyFolder(Repository.Demo("neg"), "adapters/neg");
            Export();
            await Synthesize(Anchors);
            await Generate();
            await Chat();
            Tokenize();
            CopyFolder(ExportedModels.DemoEncoder, "onnx-models/minilm");
            AddEmbeddings(new ServiceCollection());
            await Embed();
        }
        finally
        {
            Console.SetOut(before.Out);
            Directory.SetCurrentDirectory(before.Item2);
        }
        StringAssert.Contains(output.ToString(), "2,896,320 parameters, adapter neg changes 42 modules");
        StringAssert.Contains(output.ToString(), "Der Fischer trägt Holz. | ");
        StringAssert.Contains(output.ToString(), "0: ");
        StringAssert.Contains(output.ToString(), "of 2,000: Der Fischer trägt Holz.");
    }

    private static async Task Synthesize(IEnumerable<string> anchors)
    {
        // begin
        using var model = XlLoraModel.Load("onnx-models/gemma-3-1b");
        var options = new SynthesisOptions { Positive = "pos", Negative = "neg" };
        await foreach (var row in model.SynthesizeAsync(anchors, options))
            if (row.IsTriplet)
                Console.WriteLine($"{row.Sent0} | {row.Sent1} | {row.HardNeg}");
        // end
    }

    private static async Task Generate()
    {
        // begin
        using var model = XlLoraModel.Load("onnx-models/gemma-3-1b");
        GenerationRequest[] requests = [new() { RowId = 0, UserMessage = "In English: Der Fischer trägt Holz.", Adapter = "pos" }];
        await foreach (var result in model.GenerateAsync(requests))
            Console.WriteLine($"{result.RowId}: {result.Text} ({result.FinishReason}, {result.TokenCount} tokens)");
        // end
    }

    private static async Task Chat()
    {
        // begin
        using var model = XlLoraModel.Load("onnx-models/gemma-3-1b");
        IChatClient client = model.AsChatClient(adapter: "pos");
        await foreach (var piece in client.GetStreamingResponseAsync("In English: Der Fischer trägt Holz."))
            Console.Write(piece.Text);
        // end
    }

    private static void Tokenize()
    {
        // begin
        var tokenizer = XlLoraTokenizer.Load("onnx-models/gemma-3-1b");
        int[] ids = tokenizer.EncodeToIds("Der Fischer trägt Holz.");
        Console.WriteLine($"{ids.Length} of {tokenizer.VocabSize:N0}: {tokenizer.Decode(ids)}");
        // end
    }

    private static void Export()
    {
        // begin
        var adapters = new Dictionary<string, string> { ["pos"] = "adapters/pos" };
        var report = ModelExporter.Export("google-gemma-3-1b-it", "onnx-models/gemma-3-1b", new ExportOptions { Adapters = adapters });
        var added = AdapterExporter.Export("adapters/neg", report.Folder, "neg");
        Console.WriteLine($"{report.Parameters:N0} parameters, adapter neg changes {added.Modules} modules");
        // end
    }

    private static void AddEmbeddings(IServiceCollection services)
    {
        // begin
        services.AddXlLoraEmbeddingGenerator("onnx-models/minilm");
        // end
    }

    private static async Task Embed()
    {
        // begin
        using var embedder = TextEmbedder.Load("onnx-models/minilm");
        var vectors = await embedder.EmbedAsync(["The cook buys books.", "Mpishi anabeba vitabu."]);
        Console.WriteLine(TensorPrimitives.CosineSimilarity(vectors[0], vectors[1]));
        // end
    }

    private static void CopyFolder(string source, string copy)
    {
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
    }

    private static string Normalize(string code) => string.Join('\n', code.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0));

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("        // begin\n(.*?)        // end", RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
