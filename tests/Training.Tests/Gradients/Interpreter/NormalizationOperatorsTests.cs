namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class NormalizationOperatorsTests
{
    internal static OperatorCases Cases { get; } = new()
    {
        ["LayerNormalization"] = c => c.Node("LayerNormalization",
            [c.Float("x", 2, 3, 8), c.Float("scale", 8), c.Float("bias", 8)], ["y", "mean", "inverse"], ("axis", -1), ("epsilon", 1e-3f)),
        ["LayerNormalization without bias"] = c => c.Node("LayerNormalization", [c.Float("x", 3, 8), c.Float("scale", 8)]),
        ["SimplifiedLayerNormalization"] = c => c.Node("SimplifiedLayerNormalization",
            [c.Float("x", 2, 3, 8), c.Float("scale", 8)], ["y", "inverse"], ("axis", -1), ("epsilon", 1e-3f), ("stash_type", 1)),
        ["SkipLayerNormalization"] = c => c.Node("com.microsoft.SkipLayerNormalization",
            [c.Float("x", 2, 3, 8), c.Float("skip", 2, 3, 8), c.Float("gamma", 8), c.Float("beta", 8), c.Float("bias", 8)],
            ["y", "", "", "sum"], ("epsilon", 1e-3f)),
        ["SkipLayerNormalization without beta"] = c => c.Node("com.microsoft.SkipLayerNormalization",
            [c.Float("x", 2, 3, 8), c.Float("skip", 3, 8), c.Float("gamma", 8)]),
        ["SkipSimplifiedLayerNormalization"] = c => c.Node("com.microsoft.SkipSimplifiedLayerNormalization",
            [c.Float("x", 2, 3, 8), c.Float("skip", 2, 3, 8), c.Float("gamma", 8)], ["y", "", "", "sum"], ("epsilon", 1e-3f)),
    };

    public static IEnumerable<object[]> Rows => Cases.Rows;

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void Run_Operator_IsAsInOnnxRuntime(string name) => Cases.Check(name);
}
