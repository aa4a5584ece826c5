namespace XlLoraOnnx.Training;

/// <summary>What a step takes beside what stays from step to step, in bytes.</summary>
/// <param name="Activations">What is kept for the backward pass and what is computed on the way, where it is most; gradients that lie in
/// ONNX Runtime until they are added up are among them.</param>
/// <param name="Logits">What has the shape of the logits, at the same time.</param>
/// <param name="Masks">What drops out.</param>
internal readonly record struct WorkMemory(long Activations, long Logits, long Masks)
{
    private static readonly HashSet<string> SharesMemory = ["Reshape", "Unsqueeze", "Identity"];

    // operators of ONNX Runtime that write over an input nobody reads any more
    private static readonly HashSet<string> WritesOver =
        ["Add", "Sub", "Mul", "Div", "Neg", "Sqrt", "Exp", "Log", "Tanh", "Sigmoid", "Relu", "Erf", "Softmax", "LogSoftmax"];

    /// <summary>Walks through the nodes in their order: a value is there from the node that makes it to the last that reads it.</summary>
    /// <param name="symbols">Of the largest batch.</param>
    /// <param name="logits">A value of the graph; null for none.</param>
    public static WorkMemory Of(TrainingGraph graph, IReadOnlyDictionary<string, long> symbols, string? logits)
    {
        var sizes = new ValueSizes(graph, symbols);
        var nodes = graph.Proto.Node;
        var (last, owner) = LastReads(graph);
        var dying = last.GroupBy(l => l.Value).ToDictionary(g => g.Key, g => g.Select(l => l.Key).ToArray());
        var logitsShape = logits is null ? null : sizes.Shape(logits);
        var there = new Dictionary<string, (long Bytes, bool IsLogits)>();
        var (sum, sumOfLogits) = (0L, 0L);
        WorkMemory peak = default;
        for (var i = 0; i < nodes.Count; i++)
        {
            string[] gone = [.. dying.GetValueOrDefault(i, []).Where(there.ContainsKey)];
            foreach (var value in nodes[i].Output.Where(o => o.Length > 0 && owner[o] == o))
            {
                var shape = sizes.Shape(value);
                var isLogits = logitsShape is not null && shape is not null && shape.AsSpan().SequenceEqual(logitsShape);
                there[value] = (sizes.Bytes(nodes[i], shape), isLogits);
                Count(there[value], 1);
            }
            var reused = WritesOver.Contains(nodes[i].OpType) && there.TryGetValue(nodes[i].Output[0], out var made)
                ? gone.Select(v => there[v]).FirstOrDefault(v => v.Bytes == made.Bytes && v.Bytes > 0) : default;
            if (sum - reused.Bytes > peak.Activations + peak.Logits)
                peak = new(sum - sumOfLogits - (reused.IsLogits ? 0 : reused.Bytes), sumOfLogits - (reused.IsLogits ? reused.Bytes : 0), 0);
            foreach (var value in gone)
            {
                Count(there[value], -1);
                there.Remove(value);
            }
        }
        return peak with { Masks = graph.Dropouts.Sum(d => ValueSizes.Elements(d.Shape, symbols) * sizeof(float)) };

        void Count((long Bytes, bool IsLogits) value, int sign)
        {
            sum += sign * value.Bytes;
            sumOfLogits += value.IsLogits ? sign * value.Bytes : 0;
        }
    }

    /// <summary>Of each value that has memory, the node after which it is not needed; and of each value the one whose memory it
    /// has.</summary>
    private static (Dictionary<string, int> Last, Dictionary<string, string> Owner) LastReads(TrainingGraph graph)
    {
        var (last, owner) = (new Dictionary<string, int>(), new Dictionary<string, string>());
        var nodes = graph.Proto.Node;
        foreach (var input in graph.Proto.Input)
            owner[input.Name] = input.Name;
        for (var i = 0; i < nodes.Count; i++)
        {
            foreach (var input in nodes[i].Input.Where(n => n.Length > 0))
                last[owner[input]] = i;
            foreach (var output in nodes[i].Output.Where(o => o.Length > 0))
            {
                owner[output] = SharesMemory.Contains(nodes[i].OpType) ? owner[nodes[i].Input[0]] : output;
                last[owner[output]] = i;
            }
        }
        foreach (var output in graph.Proto.Output)
            last[owner[output.Name]] = nodes.Count;
        return (last, owner);
    }
}
