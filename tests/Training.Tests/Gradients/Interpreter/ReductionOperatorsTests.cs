namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class ReductionOperatorsTests
{
    internal static OperatorCases Cases { get; } = new()
    {
        ["ReduceSum of the middle"] = c => c.Node("ReduceSum", [c.Float("x", 2, 3, 4), c.Longs(1)], ("keepdims", 0)),
        ["ReduceSum of two axes"] = c => c.Node("ReduceSum", [c.Float("x", 2, 3, 4), c.Longs(0, -1)], ("keepdims", 1)),
        ["ReduceSum of all"] = c => c.Node("ReduceSum", [c.Float("x", 2, 3)], ("keepdims", 0)),
        ["ReduceMean of the middle"] = c => c.Node("ReduceMean", [c.Float("x", 2, 3, 4), c.Longs(1)], ("keepdims", 0)),
        ["ReduceMean of two axes"] = c => c.Node("ReduceMean", [c.Float("x", 2, 3, 4), c.Longs(0, -1)], ("keepdims", 1)),
        ["ReduceMean of all"] = c => c.Node("ReduceMean", [c.Float("x", 2, 3)], ("keepdims", 0)),
        ["ReduceMax of the middle"] = c => c.Node("ReduceMax", [c.Float("x", 2, 3, 4), c.Longs(1)], ("keepdims", 0)),
        ["ReduceMax of two axes"] = c => c.Node("ReduceMax", [c.Float("x", 2, 3, 4), c.Longs(0, -1)], ("keepdims", 1)),
        ["ReduceMax of all"] = c => c.Node("ReduceMax", [c.Float("x", 2, 3)], ("keepdims", 0)),
        ["ReduceSumSquare of the middle"] = c => c.Node("ReduceSumSquare", [c.Float("x", 2, 3, 4), c.Longs(1)], ("keepdims", 0)),
        ["ReduceSumSquare of two axes"] = c => c.Node("ReduceSumSquare", [c.Float("x", 2, 3, 4), c.Longs(0, -1)], ("keepdims", 1)),
        ["ReduceSumSquare of all"] = c => c.Node("ReduceSumSquare", [c.Float("x", 2, 3)], ("keepdims", 0)),
        ["ReduceL2 of the middle"] = c => c.Node("ReduceL2", [c.Float("x", 2, 3, 4), c.Longs(1)], ("keepdims", 0)),
        ["ReduceL2 of two axes"] = c => c.Node("ReduceL2", [c.Float("x", 2, 3, 4), c.Longs(0, -1)], ("keepdims", 1)),
        ["ReduceL2 of all"] = c => c.Node("ReduceL2", [c.Float("x", 2, 3)], ("keepdims", 0)),
        ["ReduceSum of whole numbers"] = c => c.Node("ReduceSum", [c.Long("x", 0, 9, 3, 4), c.Longs(-1)]),
        ["ReduceSum of no axis"] = c => c.Node("ReduceSum", [c.Float("x", 3, 4), c.Longs()], ("noop_with_empty_axes", 1)),
        ["ArgMax"] = c => c.Node("ArgMax", [c.Float("x", 2, 3, 7)], ("axis", -1), ("keepdims", 0)),
        ["ArgMax of equals"] = c => c.Node("ArgMax", [c.Long("x", 0, 2, 9, 5)], ("axis", 1)),
        ["Softmax"] = c => c.Node("Softmax", [c.Float("x", 2, 3, 5)]),
        ["Softmax of the middle"] = c => c.Node("Softmax", [c.Float("x", 2, 3, 5)], ("axis", 1)),
        ["LogSoftmax"] = c => c.Node("LogSoftmax", [c.Float("x", 4, 6)], ("axis", -1)),
        ["LogSoftmax of the first"] = c => c.Node("LogSoftmax", [c.Float("x", 4, 6)], ("axis", 0)),
        ["CumSum"] = c => c.Node("CumSum", [c.Long("x", 0, 5, 2, 6), c.Constant(1L)]),
        ["CumSum exclusive and reverse"] = c =>
            c.Node("CumSum", [c.Float("x", 2, 6, 3), c.Constant(-2L)], ("exclusive", 1), ("reverse", 1)),
    };

    public static IEnumerable<object[]> Rows => Cases.Rows;

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void Run_Operator_IsAsInOnnxRuntime(string name) => Cases.Check(name);
}
