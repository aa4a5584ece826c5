namespace XlLoraOnnx.Training;

/// <param name="Boundary">The state before the nodes, from which they can be computed again; null where they are kept.</param>
internal sealed record Segment(IReadOnlyList<NodeProto> Nodes, string? Boundary);

/// <summary>The nodes of a graph between states.</summary>
internal static class Segments
{
    /// <summary>In the order of the graph. What comes before the first boundary is kept, and so is what comes after the last.</summary>
    /// <param name="boundaries">In the order of the graph.</param>
    public static IReadOnlyList<Segment> Of(GraphProto graph, IReadOnlyList<string> boundaries)
    {
        var segments = new List<Segment>();
        var nodes = new List<NodeProto>();
        string? before = null;
        var next = 0;
        // a copy: the graph grows while its gradients are added
        foreach (var node in graph.Node.ToArray())
        {
            nodes.Add(node);
            if (next == boundaries.Count || !node.Output.Contains(boundaries[next]))
                continue;
            segments.Add(new Segment(nodes, before));
            (nodes, before) = ([], boundaries[next++]);
        }
        if (next < boundaries.Count)
            throw new ArgumentException($"No node makes '{boundaries[next]}' after those before it.", nameof(boundaries));
        segments.Add(new Segment(nodes, null));
        return segments;
    }
}
