namespace XlLoraOnnx.Parity.Tests;

/// <summary>Projects are kept apart by the compiler. These are the folders within one project that others build on.</summary>
[TestClass]
public sealed class FolderDependencyTests
{
    /// <summary>Folder → folders of the same project that it may use; "" is the project's root.</summary>
    private static readonly Dictionary<string, Dictionary<string, string[]>> Allowed = new()
    {
        ["Datasets"] = new()
        {
            ["Files"] = [],
            ["Tables"] = ["Files"],
            ["Json"] = ["Files"],
            ["Parquet"] = ["Files", "Json"],
            ["Texts"] = ["", "Files", "Json", "Parquet", "Tables"],
        },
        ["Evaluation"] = new() { ["Metrics"] = [], ["Search"] = [] },
        ["Exporter"] = new() { ["Onnx"] = [], ["Quantization"] = [], ["Numerics"] = ["Onnx"] },
        ["Formats"] = new()
        {
            ["Files"] = [],
            ["Safetensors"] = ["Files"],
            ["TorchPickle"] = ["Safetensors"],
            ["OnnxAdapters"] = [],
            ["Embeddings"] = [],
            ["Texts"] = ["Files"],
        },
        ["Runtime"] = new()
        {
            ["Devices"] = [],
            ["Options"] = ["Devices"],
            ["Sampling"] = [],
            ["Embedding"] = ["Devices", "Generation", "Options", "Telemetry"],
            ["Fusion"] = ["Decoding", "Devices", "Embedding", "Generation", "Options"],
            ["Telemetry"] = ["Generation", "Sampling"],
            ["Translation"] = ["", "Generation", "Sampling"],
            ["Verification"] = ["", "Decoding", "Devices", "Embedding", "Fusion", "Generation", "Sampling"],
        },
        // the project's root has the words of the public surface, which everything may use, and the entry points, which use everything
        ["Synthesis"] = new()
        {
            ["Files"] = [],
            ["Deduplication"] = [],
            ["Languages"] = ["Deduplication"],
            ["Rows"] = ["Deduplication"],
            ["Truth"] = ["Rows"],
            ["Prompts"] = ["Rows"],
            ["Answers"] = ["Languages", "Rows"],
            ["Pipeline"] = ["Answers", "Prompts", "Rows"],
            ["Journal"] = ["Files", "Rows"],
            ["Work"] = ["", "Files", "Journal"],
            ["Reports"] = ["Rows", "Truth"],
            ["Manifest"] = ["", "Answers", "Files", "Pipeline", "Prompts", "Rows", "Truth"],
            ["Outputs"] =
            [
                "", "Answers", "Deduplication", "Files", "Journal", "Languages", "Manifest", "Pipeline", "Reports", "Rows", "Truth",
            ],
        },
        ["Tokenizers"] = new()
        {
            ["ChatTemplates"] = ["", "ChatTemplates/Evaluation", "ChatTemplates/Syntax"],
            ["ChatTemplates/Evaluation"] = ["ChatTemplates", "ChatTemplates/Syntax"],
            ["ChatTemplates/Syntax"] = ["ChatTemplates", "ChatTemplates/Evaluation"],
            ["Json"] = [],
            ["Models"] = ["Json", "Text"],
            ["Patterns"] = ["Json", "Text"],
            ["PreTokenizers"] = ["Json", "Patterns", "Text"],
            ["Text"] = ["Unicode"],
            ["Unicode"] = [],
        },
        ["Training"] = new()
        {
            ["Parameters"] = [],
            ["Gradients"] = ["Graphs"],
            ["Optimization"] = ["Parameters"],
            ["Runs"] = ["Optimization", "Parameters"],
            ["Data"] = ["Runs"],
        },
    };

    [TestMethod]
    [DynamicData(nameof(Projects))]
    public void Folders_OfAProject_UseOnlyWhatTheyMay(string project)
    {
        var violations = FolderDependencies.Violations(Path.Combine(Repository.Root, "src", project), Allowed[project]);

        Assert.IsEmpty(violations, string.Join('\n', violations));
    }

    [TestMethod]
    public void Folders_WhenAFileUsesAForbiddenType_AreReported()
    {
        using var project = new TemporaryFolder();
        project.Write("Low/Low.cs", "internal sealed class Low { High? _up; }");
        project.Write("High/High.cs", "internal sealed class High { Low? _down; }");

        var violations = FolderDependencies.Violations(project.Path, new Dictionary<string, string[]> { ["Low"] = [], ["Gone"] = [] });

        CollectionAssert.AreEqual(new[] { "folder 'Gone' is not there", "Low/Low.cs uses High of 'High'" }, violations.ToArray());
    }

    public static IEnumerable<string> Projects => Allowed.Keys;
}
