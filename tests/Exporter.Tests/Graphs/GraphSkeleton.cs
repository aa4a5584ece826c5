using System.Text;

namespace XlLoraOnnx.Exporter.Tests;

/// <summary>A graph as text: names, types and shapes. Layers 1 to 4, like layers 0 and 5 but for their number, are left out.</summary>
internal static class GraphSkeleton
{
    public static string Of(OnnxGraph graph)
    {
        var text = new StringBuilder();
        var proto = graph.Proto;
        foreach (var (title, lines) in (IEnumerable<(string, IEnumerable<string>)>)
        [
            ("inputs", proto.Input.Select(Describe)),
            ("outputs", proto.Output.Select(Describe)),
            ("initializers", proto.Initializer.Select(i => $"{i.Name} {(OnnxType)i.DataType} [{string.Join(", ", i.Dims)}]")),
            ("nodes", proto.Node.Select(Describe)),
        ])
        {
            text.Append(title).Append('\n');
            foreach (var line in lines.Where(l => !IsMiddleLayer(l)))
                text.Append("  ").Append(line).Append('\n');
        }
        return text.ToString();
    }

    private static bool IsMiddleLayer(string line) =>
        Enumerable.Range(1, 4).Any(i => line.StartsWith($"model.layers.{i}.", StringComparison.Ordinal)
            || line.StartsWith($"past_key_values.{i}.", StringComparison.Ordinal)
            || line.StartsWith($"present.{i}.", StringComparison.Ordinal)
            || line.StartsWith($"/model/layers.{i}/", StringComparison.Ordinal));

    private static string Describe(ValueInfoProto value)
    {
        var tensor = value.Type.TensorType;
        var dims = tensor.Shape.Dim.Select(d => d.HasDimParam ? d.DimParam : $"{d.DimValue}");
        return $"{value.Name} {(OnnxType)tensor.ElemType} [{string.Join(", ", dims)}]";
    }

    private static string Describe(NodeProto node)
    {
        var attributes = node.Attribute.Where(a => a.T is null).Select(a => $"{a.Name}={Value(a)}");
        var (inputs, outputs) = (string.Join(", ", node.Input), string.Join(", ", node.Output));
        return $"{node.Name} {node.OpType}({inputs}) {string.Join(' ', attributes)} -> {outputs}"
            .Replace("  ", " ", StringComparison.Ordinal);
    }

    private static string Value(AttributeProto attribute) => attribute switch
    {
        { HasI: true } => $"{attribute.I}",
        { HasF: true } => $"{attribute.F}",
        { Ints.Count: > 0 } => $"[{string.Join(", ", attribute.Ints)}]",
        _ => attribute.S.ToStringUtf8(),
    };
}
