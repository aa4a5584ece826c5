namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class IndexOperatorsTests
{
    internal static OperatorCases Cases { get; } = new()
    {
        ["Gather"] = c => c.Node("Gather", [c.Float("x", 5, 3), c.Long("i", -5, 5, 2, 4)]),
        ["Gather of the last"] = c => c.Node("Gather", [c.Float("x", 2, 3, 4), c.Long("i", 0, 4, 6)], ("axis", -1)),
        ["Gather of one"] = c => c.Node("Gather", [c.Float("x", 2, 3, 4), c.Constant(1L)], ("axis", 1)),
        ["GatherElements"] = c => c.Node("GatherElements", [c.Float("x", 3, 5), c.Long("i", -5, 5, 3, 2)], ("axis", 1)),
        ["GatherElements of the first"] = c => c.Node("GatherElements", [c.Float("x", 3, 5), c.Long("i", 0, 3, 4, 5)]),
        ["GatherND"] = c => c.Node("GatherND", [c.Float("x", 3, 4, 5), c.Long("i", 0, 3, 6, 2)]),
        ["GatherND in batches"] = c => c.Node("GatherND", [c.Float("x", 3, 4, 5), c.Long("i", -4, 4, 3, 1)], ("batch_dims", 1)),
        ["GatherND of many in batches"] = c => c.Node("GatherND", [c.Float("x", 2, 3, 4, 5), c.Long("i", 0, 4, 2, 3, 2, 1)],
            ("batch_dims", 2)),
        ["ScatterND"] = c => c.Node("ScatterND",
            [c.Float("x", 4, 3), c.Given("i", Tensor64.Longs([2, 1], 2, -4)), c.Float("u", 2, 3)]),
        ["ScatterND of sums"] = c => c.Node("ScatterND", [c.Float("x", 3, 4, 2), c.Long("i", 0, 3, 5, 2), c.Float("u", 5, 2)],
            ("reduction", "add")),
        ["ScatterElements"] = c => c.Node("ScatterElements",
            [c.Float("x", 2, 5), c.Given("i", Tensor64.Longs([2, 2], 4, 0, -2, 1)), c.Float("u", 2, 2)], ("axis", 1)),
        ["ScatterElements of sums"] = c => c.Node("ScatterElements", [c.Float("x", 4, 3), c.Long("i", 0, 4, 6, 3), c.Float("u", 6, 3)],
            ("reduction", "add")),
        ["OneHot"] = c => c.Node("OneHot", [c.Long("i", -4, 6, 2, 5), c.Constant(4L), c.Constant(Tensor64.Floats([2], -1, 3))]),
        ["OneHot of an inner axis"] = c => c.Node("OneHot",
            [c.Long("i", 0, 4, 2, 5), c.Constant(4L), c.Constant(Tensor64.Floats([2], 0, 1))], ("axis", 1)),
    };

    public static IEnumerable<object[]> Rows => Cases.Rows;

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void Run_Operator_IsAsInOnnxRuntime(string name) => Cases.Check(name);
}
