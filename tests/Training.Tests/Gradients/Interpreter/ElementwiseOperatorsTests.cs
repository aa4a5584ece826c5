namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class ElementwiseOperatorsTests
{
    internal static OperatorCases Cases { get; } = new()
    {
        ["Add"] = c => c.Node("Add", [c.Float("a", 2, 3, 4), c.FloatIn("b", 0.5, 2, 3, 1)]),
        ["Sub"] = c => c.Node("Sub", [c.Float("a", 2, 3, 4), c.FloatIn("b", 0.5, 2, 3, 1)]),
        ["Mul"] = c => c.Node("Mul", [c.Float("a", 2, 3, 4), c.FloatIn("b", 0.5, 2, 3, 1)]),
        ["Div"] = c => c.Node("Div", [c.Float("a", 2, 3, 4), c.FloatIn("b", 0.5, 2, 3, 1)]),
        ["Max"] = c => c.Node("Max", [c.Float("a", 2, 3, 4), c.FloatIn("b", 0.5, 2, 3, 1)]),
        ["Min"] = c => c.Node("Min", [c.Float("a", 2, 3, 4), c.FloatIn("b", 0.5, 2, 3, 1)]),
        ["Neg"] = c => c.Node("Neg", [c.FloatIn("x", -3, 3, 3, 8)]),
        ["Abs"] = c => c.Node("Abs", [c.FloatIn("x", -3, 3, 3, 8)]),
        ["Sign"] = c => c.Node("Sign", [c.FloatIn("x", -3, 3, 3, 8)]),
        ["Exp"] = c => c.Node("Exp", [c.FloatIn("x", -3, 3, 3, 8)]),
        ["Erf"] = c => c.Node("Erf", [c.FloatIn("x", -3, 3, 3, 8)]),
        ["Sin"] = c => c.Node("Sin", [c.FloatIn("x", -3, 3, 3, 8)]),
        ["Cos"] = c => c.Node("Cos", [c.FloatIn("x", -3, 3, 3, 8)]),
        ["Tanh"] = c => c.Node("Tanh", [c.FloatIn("x", -3, 3, 3, 8)]),
        ["Sigmoid"] = c => c.Node("Sigmoid", [c.FloatIn("x", -3, 3, 3, 8)]),
        ["Relu"] = c => c.Node("Relu", [c.FloatIn("x", -3, 3, 3, 8)]),
        ["Identity"] = c => c.Node("Identity", [c.FloatIn("x", -3, 3, 3, 8)]),
        ["Sqrt"] = c => c.Node("Sqrt", [c.FloatIn("x", 0.1, 3, 3, 5)]),
        ["Log"] = c => c.Node("Log", [c.FloatIn("x", 0.1, 3, 3, 5)]),
        ["Reciprocal"] = c => c.Node("Reciprocal", [c.FloatIn("x", 0.1, 3, 3, 5)]),
        ["And of booleans"] = c => c.Node("And", [c.Bool("a", 3, 5), c.Bool("b", 5)]),
        ["Or of booleans"] = c => c.Node("Or", [c.Bool("a", 3, 5), c.Bool("b", 5)]),
        ["Equal of booleans"] = c => c.Node("Equal", [c.Bool("a", 3, 5), c.Bool("b", 5)]),
        ["Equal of numbers"] = c => c.Node("Equal", [c.Long("a", 0, 3, 4, 5), c.Long("b", 0, 3, 4, 1)]),
        ["Greater of numbers"] = c => c.Node("Greater", [c.Long("a", 0, 3, 4, 5), c.Long("b", 0, 3, 4, 1)]),
        ["Less of numbers"] = c => c.Node("Less", [c.Long("a", 0, 3, 4, 5), c.Long("b", 0, 3, 4, 1)]),
        ["GreaterOrEqual of numbers"] = c => c.Node("GreaterOrEqual", [c.Long("a", 0, 3, 4, 5), c.Long("b", 0, 3, 4, 1)]),
        ["LessOrEqual of numbers"] = c => c.Node("LessOrEqual", [c.Long("a", 0, 3, 4, 5), c.Long("b", 0, 3, 4, 1)]),
        ["Add of whole numbers"] = c => c.Node("Add", [c.Long("a", -9, 9, 2, 3), c.Constant(7L)]),
        ["Div of whole numbers"] = c => c.Node("Div", [c.Long("a", -9, 9, 7), c.Long("b", 2, 5, 3, 1)]),
        ["Max of three"] = c => c.Node("Max", [c.Float("a", 3, 4), c.Float("b", 4), c.Float("c", 3, 1)]),
        ["Min of three"] = c => c.Node("Min", [c.Float("a", 3, 4), c.Float("b", 4), c.Float("c", 3, 1)]),
        ["Pow"] = c => c.Node("Pow", [c.FloatIn("a", 0.5, 2, 2, 3), c.Float("b", 3)]),
        ["Pow by a whole number"] = c => c.Node("Pow", [c.Float("a", 2, 3), c.Constant(3L)]),
        ["Erf far out"] = c => c.Node("Erf", [c.FloatIn("x", -8, 8, 50)]),
        ["Not"] = c => c.Node("Not", [c.Bool("x", 9)]),
        ["Where"] = c => c.Node("Where", [c.Bool("m", 3, 1), c.Float("a", 2, 1, 4), c.Constant(0.5f)]),
        ["Cast to int64"] = c => c.Node("Cast", [c.FloatIn("x", -5, 5, 9)], ("to", 7)),
        ["Cast to int32"] = c => c.Node("Cast", [c.Long("x", -5, 5, 9)], ("to", 6)),
        ["Cast to bool"] = c => c.Node("Cast", [c.Long("x", 0, 3, 9)], ("to", 9)),
        ["Cast to float"] = c => c.Node("Cast", [c.Bool("x", 9)], ("to", 1)),
        ["Gelu"] = c => c.Node("Gelu", [c.FloatIn("x", -4, 4, 3, 8)], ("approximate", "none")),
        ["Gelu by tanh"] = c => c.Node("Gelu", [c.FloatIn("x", -4, 4, 3, 8)], ("approximate", "tanh")),
        ["BiasGelu"] = c => c.Node("com.microsoft.BiasGelu", [c.Float("x", 2, 3, 8), c.Float("b", 8)]),
    };

    public static IEnumerable<object[]> Rows => Cases.Rows;

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void Run_Operator_IsAsInOnnxRuntime(string name) => Cases.Check(name);

    [TestMethod]
    [DataRow(0.1, 0.11246291601828489)]
    [DataRow(-1.0, -0.84270079294971487)]
    [DataRow(3.5, 0.99999925690162766)]
    public void Erf_KnownValue_IsExactToTheLastDigit(double x, double expected) =>
        Assert.AreEqual(expected, ElementwiseOperators.Erf(x), 2e-15);
}
