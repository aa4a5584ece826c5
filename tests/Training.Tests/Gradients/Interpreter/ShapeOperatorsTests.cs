namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class ShapeOperatorsTests
{
    internal static OperatorCases Cases { get; } = new()
    {
        ["Reshape"] = c => c.Node("Reshape", [c.Float("x", 2, 3, 4), c.Longs(0, -1, 2)]),
        ["Transpose"] = c => c.Node("Transpose", [c.Float("x", 2, 3, 4, 5)], ("perm", new long[] { 0, 2, 3, 1 })),
        ["Transpose without perm"] = c => c.Node("Transpose", [c.Float("x", 2, 3, 4)]),
        ["Unsqueeze"] = c => c.Node("Unsqueeze", [c.Float("x", 2, 3), c.Longs(-1, 1)]),
        ["Squeeze"] = c => c.Node("Squeeze", [c.Float("x", 2, 1, 3, 1), c.Longs(-1)]),
        ["Squeeze of all"] = c => c.Node("Squeeze", [c.Float("x", 2, 1, 3, 1)]),
        ["Expand"] = c => c.Node("Expand", [c.Float("x", 2, 1, 3), c.Longs(4, 1, 5, 1)]),
        ["Tile"] = c => c.Node("Tile", [c.Float("x", 2, 3), c.Longs(2, 3)]),
        ["Shape"] = c => c.Node("Shape", [c.Float("x", 2, 3, 4)]),
        ["Shape of some axes"] = c => c.Node("Shape", [c.Float("x", 2, 3, 4, 5)], ("start", 1), ("end", -1)),
        ["Size"] = c => c.Node("Size", [c.Float("x", 2, 3, 4)]),
        ["Range"] = c => c.Node("Range", [c.Constant(1L), c.Given("limit", Tensor64.Longs([], 8)), c.Constant(3L)]),
        ["Range downwards"] = c => c.Node("Range", [c.Constant(2f), c.Constant(-1f), c.Constant(-0.5f)]),
        ["ConstantOfShape"] = c => c.Node("ConstantOfShape", [c.Given("shape", Tensor64.Longs([2], 2, 3))]),
        ["ConstantOfShape with a value"] = c => c.Node("ConstantOfShape", [c.Given("shape", Tensor64.Longs([2], 2, 3))],
            ("value", Tensor64.Longs([1], 7))),
        ["Constant"] = c => c.Constant(Tensor64.Bools([2], true, false)),
        ["Constant of a float"] = c => c.Node("Constant", [], ("value_float", 0.5f)),
        ["Constant of a whole number"] = c => c.Node("Constant", [], ("value_int", 3)),
        ["Constant of whole numbers"] = c => c.Node("Constant", [], ("value_ints", new long[] { 3, 5 })),
        ["Trilu upper"] = c => c.Node("Trilu", [c.Float("x", 2, 4, 5), c.Constant(1L)], ("upper", 1)),
        ["Trilu lower"] = c => c.Node("Trilu", [c.Float("x", 4, 4)], ("upper", 0)),
        ["Trilu lower of whole numbers"] = c => c.Node("Trilu", [c.Long("x", 1, 9, 4, 4), c.Constant(-1L)], ("upper", 0)),
    };

    public static IEnumerable<object[]> Rows => Cases.Rows;

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void Run_Operator_IsAsInOnnxRuntime(string name) => Cases.Check(name);
}
