namespace XlLoraOnnx.Exporter;

/// <summary>Operators of attention that is written out.</summary>
internal sealed partial class OnnxGraph
{
    public string Or(string name, string a, string b) => Node(name, "Or", [a, b]);

    /// <summary>Over the last axis.</summary>
    public string Softmax(string name, string x) => Node(name, "Softmax", [x], "", Int("axis", -1));

    public string Transpose(string name, string x, params ReadOnlySpan<long> permutation)
    {
        var attribute = new AttributeProto { Name = "perm", Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(permutation.ToArray());
        return Node(name, "Transpose", [x], "", attribute);
    }
}
