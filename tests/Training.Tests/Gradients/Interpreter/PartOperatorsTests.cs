namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class PartOperatorsTests
{
    internal static OperatorCases Cases { get; } = new()
    {
        ["Concat"] = c => c.Node("Concat", [c.Float("a", 2, 3, 2), c.Float("b", 2, 1, 2), c.Float("c", 2, 2, 2)], ("axis", 1)),
        ["Concat of the last"] = c => c.Node("Concat", [c.Long("a", 0, 9, 2, 3), c.Long("b", 0, 9, 2, 1)], ("axis", -1)),
        ["Split"] = c => c.Node("Split", [c.Float("x", 2, 6)], ["p", "q", "r"], ("axis", -1), ("num_outputs", 3)),
        ["Split with a rest"] = c => c.Node("Split", [c.Float("x", 7, 2)], ["p", "q", "r"], ("axis", 0), ("num_outputs", 3)),
        ["Split by sizes"] = c => c.Node("Split", [c.Float("x", 2, 6, 2), c.Longs(1, 5)], ["p", "q"], ("axis", 1)),
        ["Slice"] = c => c.Node("Slice", [c.Float("x", 4, 5, 6), c.Longs(1, -4), c.Longs(3, -1), c.Longs(0, -1)]),
        ["Slice to the end"] = c => c.Node("Slice", [c.Float("x", 4, 5), c.Longs(2), c.Longs(long.MaxValue), c.Longs(1)]),
        ["Slice by steps"] = c => c.Node("Slice", [c.Float("x", 4, 7), c.Longs(1), c.Longs(6), c.Longs(1), c.Longs(2)]),
        ["Slice backwards"] = c => c.Node("Slice", [c.Float("x", 4, 7), c.Longs(-1), c.Longs(long.MinValue), c.Longs(1), c.Longs(-2)]),
        ["Slice of nothing"] = c => c.Node("Slice", [c.Float("x", 4, 7), c.Longs(5), c.Longs(3), c.Longs(1)]),
        ["Slice of the first axes"] = c => c.Node("Slice", [c.Float("x", 4, 7), c.Longs(1, 2), c.Longs(3, 9)]),
        ["Pad"] = c => c.Node("Pad", [c.Float("x", 2, 3), c.Longs(0, 1, 2, 3)]),
        ["Pad with a value"] = c => c.Node("Pad", [c.Float("x", 2, 3), c.Longs(1, 0, 0, 2), c.Constant(0.5f)], ("mode", "constant")),
        ["Pad of an axis"] = c => c.Node("Pad", [c.Float("x", 2, 3, 4), c.Longs(2, 1), "", c.Longs(-2)]),
    };

    public static IEnumerable<object[]> Rows => Cases.Rows;

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void Run_Operator_IsAsInOnnxRuntime(string name) => Cases.Check(name);
}
