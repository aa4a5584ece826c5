namespace XlLoraOnnx.Training.Tests;

/// <summary>A node and the values that it reads.</summary>
internal sealed class OperatorCall(NodeProto node, Tensor64?[] inputs)
{
    /// <summary>Inputs, with those that are left out.</summary>
    public int Count => inputs.Length;

    /// <summary>Outputs, with those that are left out.</summary>
    public int Outputs => node.Output.Count;

    public Tensor64 this[int index] => Optional(index) ?? throw new InvalidOperationException($"{this} lacks its input {index}.");

    public Tensor64? Optional(int index) => index < inputs.Length ? inputs[index] : null;

    public long Int(string name, long otherwise) => Find(name)?.I ?? otherwise;

    public double Float(string name, float otherwise) => Find(name)?.F ?? otherwise;

    public string Text(string name, string otherwise) => Find(name)?.S.ToStringUtf8() ?? otherwise;

    public long[]? Ints(string name) => Find(name) is { } attribute ? [.. attribute.Ints] : null;

    public Tensor64? Tensor(string name) => Find(name) is { } attribute ? Tensor64.Read(attribute.T) : null;

    public bool Has(string name) => Find(name) is not null;

    public NotSupportedException Unsupported(string what) => new($"{this}: {what} is not interpreted.");

    public override string ToString() => $"{node.OpType} '{node.Name}' ({string.Join(", ", inputs.Select(i => i?.ToString() ?? "none"))})";

    private AttributeProto? Find(string name) => node.Attribute.FirstOrDefault(a => a.Name == name);
}
