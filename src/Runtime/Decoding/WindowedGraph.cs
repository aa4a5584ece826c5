namespace XlLoraOnnx.Runtime;

/// <summary>
/// A continuous graph whose layers with a window can have rolling buffers: their GroupQueryAttention nodes carry
/// <c>sliding_window_cache</c> = 0, which who loads the file may turn on.
/// </summary>
/// <remarks>Messages of onnx.proto: ModelProto, GraphProto, NodeProto, AttributeProto.</remarks>
internal sealed class WindowedGraph
{
    private const int ModelGraph = 7, GraphNode = 1, NodeInput = 1, NodeOperator = 4, NodeAttribute = 5;
    private const int AttributeName = 1, AttributeInt = 3;
    private const int PastKey = 3;

    private readonly byte[] _model;
    private readonly IReadOnlyList<int> _switches;

    private WindowedGraph(byte[] model, IReadOnlyList<int> switches, RollingLayers layers) =>
        (_model, _switches, Layers) = (model, switches, layers);

    public RollingLayers Layers { get; }

    /// <summary>Null where no layer has a window, or they differ, or one cannot be switched: then every layer keeps all.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static WindowedGraph? Read(string path)
    {
        var model = File.ReadAllBytes(path);
        var fields = new ProtobufFields(model, path);
        var (switches, layers) = (new List<int>(), new HashSet<int>());
        int? common = null;
        foreach (var node in fields.Within(null, ModelGraph).SelectMany(g => fields.Within(g, GraphNode)))
        {
            if (!fields.Within(node, NodeOperator).Any(o => fields.Text(o) == "GroupQueryAttention"))
                continue;
            var window = Attribute(fields, node, "local_window_size")?.Value ?? -1;
            if (window <= 0)
                continue;
            // the switch of an older export is missing, and of one that somebody has changed is on
            if (Attribute(fields, node, "sliding_window_cache") is not { Value: 0, Length: 1 } rolls
                || LayerOf(fields, node) is not { } layer || window != (common ??= (int)window))
                return null;
            switches.Add(rolls.Start);
            layers.Add(layer);
        }
        return common is { } one && layers.Count == switches.Count
            ? new WindowedGraph(model, switches, new RollingLayers(one, layers)) : null;
    }

    /// <summary>The model with rolling buffers.</summary>
    public byte[] Switched()
    {
        var model = _model.ToArray();
        foreach (var place in _switches)
            model[place] = 1;
        return model;
    }

    private static ProtobufField? Attribute(ProtobufFields fields, ProtobufField node, string name)
    {
        foreach (var attribute in fields.Within(node, NodeAttribute))
        {
            if (fields.Within(attribute, AttributeName).Any(n => fields.Text(n) == name))
                return fields.Within(attribute, AttributeInt).Select(i => (ProtobufField?)i).FirstOrDefault();
        }
        return null;
    }

    private static int? LayerOf(ProtobufFields fields, ProtobufField node)
    {
        var name = fields.Within(node, NodeInput).Skip(PastKey).Select(fields.Text).FirstOrDefault()?.Split('.');
        return name is ["past_key_values", var layer, "key"] && int.TryParse(layer, out var number) ? number : null;
    }
}
