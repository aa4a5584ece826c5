using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class FolderDependencyTests
{
    [TestMethod]
    public void Folders_OfTheExporter_UseOnlyWhatTheyMay()
    {
        var allowed = new Dictionary<string, string[]>
        {
            [""] = ["*"],
            ["Adapters"] = ["", "Checkpoints", "Onnx"],
            ["Checkpoints"] = ["", "Numerics", "Onnx"],
            ["Families"] = ["", "Families/Layers", "Checkpoints", "Numerics", "Onnx"],
            ["Families/Layers"] = ["", "Checkpoints", "Numerics", "Onnx", "Quantization"],
            ["GenAi"] = ["Families", "Checkpoints", "Onnx"],
            ["Inspection"] = ["", "Checkpoints", "Families", "Families/Layers"],
            ["Numerics"] = ["Onnx"],
            ["Onnx"] = [],
            ["Quantization"] = [],
            ["Streaming"] = ["", "Checkpoints", "Onnx"],
        };

        var violations = FolderDependencies.Violations(Path.Combine(Repository.Root, "src", "Exporter"), allowed);

        Assert.IsEmpty(violations, string.Join('\n', violations));
    }
}
