using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class FolderDependencyTests
{
    [TestMethod]
    public void Folders_OfTheRuntime_UseOnlyWhatTheyMay()
    {
        var allowed = new Dictionary<string, string[]>
        {
            [""] = ["*"],
            ["Benchmarking"] = ["", "Generation", "Numerics", "Texts"],
            ["Chat"] = ["", "Generation"],
            ["Devices"] = [],
            ["Embedding"] = ["", "Devices", "Generation", "Texts"],
            ["Evaluation"] = ["Embedding", "Numerics", "Texts"],
            ["Generation"] = ["", "Numerics", "Tokenization"],
            ["Generation/Continuous"] = ["", "Devices", "Generation", "Generation/Sampling"],
            ["Generation/GenAi"] = ["", "Generation"],
            ["Generation/Sampling"] = ["Generation", "Numerics"],
            ["Numerics"] = [],
            ["Synthesis"] = ["", "Generation", "Synthesis/Filters", "Synthesis/Runs", "Synthesis/Strategies", "Texts"],
            ["Synthesis/Filters"] = ["Generation", "Synthesis", "Tokenization/Unicode"],
            ["Synthesis/Reports"] = ["Synthesis"],
            ["Synthesis/Runs"] = ["", "Embedding", "Generation", "Synthesis", "Synthesis/Filters", "Synthesis/Reports"],
            ["Synthesis/Strategies"] = ["Numerics", "Synthesis", "Texts"],
            ["Texts"] = [],
            ["Tokenization"] = [],
            ["Tokenization/AddedTokens"] = ["Tokenization/Json", "Tokenization/Models", "Tokenization/Text"],
            ["Tokenization/Decoders"] =
                ["Tokenization/Json", "Tokenization/Patterns", "Tokenization/PreTokenizers", "Tokenization/Text"],
            ["Tokenization/Json"] = [],
            ["Tokenization/Models"] = ["Tokenization/Json", "Tokenization/Text"],
            ["Tokenization/Normalizers"] =
                ["Tokenization/Json", "Tokenization/Patterns", "Tokenization/Text", "Tokenization/Unicode"],
            ["Tokenization/Patterns"] = ["Tokenization/Json", "Tokenization/Text"],
            ["Tokenization/Pipeline"] =
            [
                "", "Tokenization/AddedTokens", "Tokenization/Decoders", "Tokenization/Json", "Tokenization/Models",
                "Tokenization/Normalizers", "Tokenization/PostProcessors", "Tokenization/PreTokenizers", "Tokenization/Text",
            ],
            ["Tokenization/PostProcessors"] = ["Tokenization/Json"],
            ["Tokenization/PreTokenizers"] = ["Tokenization/Json", "Tokenization/Patterns", "Tokenization/Text"],
            ["Tokenization/Text"] = ["Tokenization/Unicode"],
            ["Tokenization/Unicode"] = [],
            ["Verification"] = ["Embedding", "Generation", "Generation/GenAi"],
        };

        var violations = FolderDependencies.Violations(Path.Combine(Repository.Root, "src", "Runtime"), allowed);

        Assert.IsEmpty(violations, string.Join('\n', violations));
    }

    [TestMethod]
    public void Folders_WhenAFileUsesAForbiddenType_AreReported()
    {
        using var project = new TemporaryFolder();
        project.Write("Low/Low.cs", "internal sealed class Low { High? _up; }");
        project.Write("High/High.cs", "internal sealed class High { Low? _down; }");

        var violations = FolderDependencies.Violations(project.Path, new Dictionary<string, string[]> { ["Low"] = [], ["High"] = ["Low"] });

        CollectionAssert.AreEqual(new[] { "Low/Low.cs uses High of 'High'" }, violations.ToArray());
    }
}
