namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class AttentionOperatorsTests
{
    internal static OperatorCases Cases { get; } = new()
    {
        ["RotaryEmbedding"] = c => c.Node("com.microsoft.RotaryEmbedding",
            [c.Float("x", 2, 3, 8), c.Given("first", Tensor64.Longs([1], 1)), c.Float("cos", 6, 2), c.Float("sin", 6, 2)],
            ("num_heads", 2), ("interleaved", 0)),
        ["RotaryEmbedding by positions"] = c => c.Node("com.microsoft.RotaryEmbedding",
            [c.Float("x", 2, 3, 8), c.Long("positions", 0, 6, 2, 3), c.Float("cos", 6, 4), c.Float("sin", 6, 4)]),
        ["MultiHeadAttention"] = c => Attention(c, "", "", ""),
        ["MultiHeadAttention with a bias"] = c => Attention(c, c.Float("bias", 24), "", ""),
        ["MultiHeadAttention with a mask"] = c => Attention(c, "", Mask(c), ""),
        ["MultiHeadAttention with a bias of scores"] = c => Attention(c, "", "", c.Float("scores", 1, 1, 4, 4)),
        ["MultiHeadAttention with a bias of scores for each head"] = c => Attention(c, "", Mask(c), c.Float("scores", 2, 2, 4, 4)),
        ["MultiHeadAttention with all"] = c => Attention(c, c.Float("bias", 24), Mask(c), c.Float("scores", 1, 1, 4, 4)),
        ["MultiHeadAttention one way"] = c => Attention(c, c.Float("bias", 24), "", "", ("unidirectional", 1)),
        ["MultiHeadAttention one way with a mask"] = c => Attention(c, "", Mask(c), "", ("unidirectional", 1)),
        ["MultiHeadAttention with a scale"] = c => Attention(c, "", "", "", ("scale", 0.25f)),
    };

    public static IEnumerable<object[]> Rows => Cases.Rows;

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void Run_Operator_IsAsInOnnxRuntime(string name) => Cases.Check(name);

    private static void Attention(GraphCase c, string bias, string mask, string scores, params (string Name, object Value)[] attributes)
    {
        List<string> inputs = [c.Float("q", 2, 4, 8), c.Float("k", 2, 4, 8), c.Float("v", 2, 4, 8), bias, mask, scores];
        while (inputs[^1].Length == 0)
            inputs.RemoveAt(inputs.Count - 1);
        c.Node("com.microsoft.MultiHeadAttention", [.. inputs], [("num_heads", 2), .. attributes]);
    }

    private static string Mask(GraphCase c) => c.Given("mask", new Tensor64(TensorKind.Int32, [2, 4], [1, 1, 1, 0, 1, 1, 0, 0]));
}
