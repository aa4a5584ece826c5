namespace XlLoraOnnx.Training.Tests;

/// <summary>Small graphs by name: what tests of operators run through.</summary>
internal sealed class OperatorCases : Dictionary<string, Action<GraphCase>>
{
    /// <summary>For DynamicData.</summary>
    public IEnumerable<object[]> Rows => Keys.Select(name => new object[] { name });

    /// <summary>Operators that occur in some case.</summary>
    public IEnumerable<string> Operators =>
        Values.SelectMany(build => Built(build).Graph.Node).Select(DoubleInterpreter.Operator).Distinct();

    /// <summary>What a case computes, interpreted and in ONNX Runtime.</summary>
    public void Check(string name) => OrtCheck.CheckNodes(Built(this[name]));

    private static GraphCase Built(Action<GraphCase> build)
    {
        var graphCase = new GraphCase();
        build(graphCase);
        return graphCase;
    }
}
