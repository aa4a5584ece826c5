namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class ProductOperatorsTests
{
    internal static OperatorCases Cases { get; } = new()
    {
        ["MatMul of matrices"] = c => c.Node("MatMul", [c.Float("a", 2, 3), c.Float("b", 3, 4)]),
        ["MatMul of batches"] = c => c.Node("MatMul", [c.Float("a", 2, 1, 3, 5), c.Float("b", 4, 5, 2)]),
        ["MatMul by a vector"] = c => c.Node("MatMul", [c.Float("a", 2, 3, 5), c.Float("b", 5)]),
        ["MatMul of a vector"] = c => c.Node("MatMul", [c.Float("a", 3), c.Float("b", 2, 3, 4)]),
        ["MatMul of vectors"] = c => c.Node("MatMul", [c.Float("a", 5), c.Float("b", 5)]),
        ["Gemm"] = c => c.Node("Gemm", [c.Float("a", 3, 2), c.Float("b", 4, 3), c.Float("c", 4)],
            ("transA", 1), ("transB", 1), ("alpha", 0.5f), ("beta", 2f)),
        ["Gemm without c"] = c => c.Node("Gemm", [c.Float("a", 2, 3), c.Float("b", 3, 4)]),
        ["FusedMatMul"] = c => c.Node("com.microsoft.FusedMatMul", [c.Float("a", 2, 5, 3), c.Float("b", 4, 5)],
            ("transA", 1), ("transB", 1), ("alpha", 0.25f)),
        ["FusedMatMul of batches"] = c => c.Node("com.microsoft.FusedMatMul", [c.Float("a", 2, 3, 4, 5), c.Float("b", 2, 3, 6, 5)],
            ("transB", 1)),
    };

    public static IEnumerable<object[]> Rows => Cases.Rows;

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void Run_Operator_IsAsInOnnxRuntime(string name) => Cases.Check(name);
}
