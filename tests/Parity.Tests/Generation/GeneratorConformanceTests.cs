
namespace XlLoraOnnx.Parity.Tests;

/// <summary>On the demonstration model.</summary>
public abstract class ModelConformance(TextEngine engine) : GeneratorConformance
{
    private protected override string AdapterFile => Path.Combine(ExportedModels.Demo, "adapters", "neg.onnx_adapter");

    private protected override ITextGenerator Create() =>
        XlLoraModel.Load(ExportedModels.Demo, new XlLoraModelOptions { GenAi = new GenAiTextGeneratorFactory(), Engine = engine, BatchSize = 8, Slots = 8 }).Generator;
}

[TestClass]
public sealed class GenAiConformanceTests() : ModelConformance(TextEngine.GenAi);

[TestClass]
public sealed class ContinuousConformanceTests() : ModelConformance(TextEngine.Continuous);
