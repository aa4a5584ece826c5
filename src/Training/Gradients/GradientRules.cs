namespace XlLoraOnnx.Training;

/// <summary>Adds the gradients of a node's inputs, given those of its outputs.</summary>
internal delegate void GradientRule(GradientContext context);

/// <summary>THE table: operator → the gradients of its inputs.</summary>
internal static class GradientRules
{
    private static readonly Dictionary<string, GradientRule> Rules = new()
    {
        ["Add"] = ElementwiseGradients.Add,
        ["Sub"] = ElementwiseGradients.Sub,
        ["Mul"] = ElementwiseGradients.Mul,
        ["Div"] = ElementwiseGradients.Div,
        ["Max"] = ElementwiseGradients.Max,
        ["Where"] = ElementwiseGradients.Where,
        ["Neg"] = c => c.Give(0, c.Add("Neg", [c.Dy])),
        ["Identity"] = c => c.Give(0, c.Dy),
        ["Sqrt"] = ElementwiseGradients.Sqrt,
        ["Exp"] = c => c.Give(0, c.Add("Mul", [c.Dy, c.Y])),
        ["Log"] = c => c.Give(0, c.Add("Div", [c.Dy, c.X()])),
        ["Tanh"] = ActivationGradients.Tanh,
        ["Sigmoid"] = ActivationGradients.Sigmoid,
        ["Relu"] = ActivationGradients.Relu,
        ["Gelu"] = ActivationGradients.Gelu,
        ["MatMul"] = ProductGradients.MatMul,
        ["FusedMatMul"] = ProductGradients.FusedMatMul,
        ["Softmax"] = NormGradients.Softmax,
        ["LogSoftmax"] = NormGradients.LogSoftmax,
        ["LayerNormalization"] = NormGradients.LayerNorm,
        ["SimplifiedLayerNormalization"] = NormGradients.RmsNorm,
        ["ReduceSum"] = ReductionGradients.Sum,
        ["ReduceMean"] = ReductionGradients.Mean,
        ["ReduceL2"] = ReductionGradients.L2,
        ["Reshape"] = LayoutGradients.Reshape,
        ["Unsqueeze"] = LayoutGradients.Reshape,
        ["Transpose"] = LayoutGradients.Transpose,
        ["Concat"] = LayoutGradients.Concat,
        ["Split"] = LayoutGradients.Split,
        ["Gather"] = LookupGradients.Gather,
        ["GatherElements"] = LookupGradients.GatherElements,
        ["RotaryEmbedding"] = LookupGradients.RotaryEmbedding,
    };

    // whatever goes into them, a little more of it changes nothing
    private static readonly HashSet<string> Constant =
        ["Shape", "Size", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or", "ArgMax"];

    /// <summary>Whether an operator's output has no gradient to give on.</summary>
    public static bool IsConstant(NodeProto node) => Constant.Contains(node.OpType);

    /// <summary>Those that have a rule.</summary>
    public static IEnumerable<string> Operators => Rules.Keys.Order(StringComparer.Ordinal);

    /// <summary>Null where there is none.</summary>
    public static GradientRule? Find(NodeProto node) => Rules.GetValueOrDefault(node.OpType);
}
