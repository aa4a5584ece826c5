using System.Runtime.InteropServices;

namespace XlLoraOnnx.Training;

/// <summary>What a graph reads beside what is trained: the rotary caches of ModernBERT.</summary>
internal static class FixedTensors
{
    /// <returns>Initializers of the graph that no parameter stands for, as they are; to be disposed by the caller.</returns>
    public static IReadOnlyList<Parameter> Of(OnnxGraph graph, IReadOnlyList<Parameter> parameters)
    {
        var trained = parameters.Select(p => p.Name).ToHashSet();
        var all = new List<Parameter>();
        foreach (var tensor in graph.ExternalTensors.Where(t => !trained.Contains(t.Proto.Name)))
        {
            var values = new Parameter(tensor.Proto.Name, [.. tensor.Proto.Dims]);
            tensor.Source.Fill(0, checked((int)tensor.Source.Rows), MemoryMarshal.AsBytes(values.Values));
            all.Add(values);
        }
        return all;
    }
}
