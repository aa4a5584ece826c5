using Google.Protobuf;

namespace XlLoraOnnx.Exporter;

/// <summary>Graphs that share one data file; initializers of the same name are the same tensor.</summary>
internal static class OnnxModelWriter
{
    public const string GraphFile = "model.onnx";
    public const string DataFile = "model.onnx.data";

    /// <summary>Gives every tensor its place, in all graphs.</summary>
    /// <returns>Each tensor once, its offset, and the length of the data file.</returns>
    public static (IReadOnlyList<ExternalTensor> Tensors, long[] Offsets, long FileBytes) PlaceWeights(IEnumerable<OnnxGraph> graphs)
    {
        ExternalTensor[] all = [.. graphs.SelectMany(g => g.ExternalTensors)];
        ExternalTensor[] tensors = [.. all.DistinctBy(t => t.Proto.Name)];
        var (offsets, bytes) = ExternalDataLayout.Place(tensors, DataFile);
        var placed = tensors.ToDictionary(t => t.Proto.Name, t => t.Proto);
        foreach (var tensor in all)
            Share(tensor, placed[tensor.Proto.Name]);
        return (tensors, offsets, bytes);
    }

    /// <param name="graphs">File name and graph.</param>
    public static void Write(IEnumerable<(string File, OnnxGraph Graph)> graphs, string folder, string producerVersion)
    {
        foreach (var (file, graph) in graphs)
        {
            using var stream = File.Create(Path.Combine(folder, file));
            graph.ToModel(producerVersion).WriteTo(stream);
        }
    }

    private static void Share(ExternalTensor tensor, TensorProto placed)
    {
        if (ReferenceEquals(tensor.Proto, placed))
            return;
        if (tensor.Proto.DataType != placed.DataType || !tensor.Proto.Dims.Equals(placed.Dims))
            throw new InvalidOperationException($"Two graphs have a tensor '{placed.Name}' of different types or shapes.");
        foreach (var proto in tensor.Aliases.Prepend(tensor.Proto))
        {
            proto.ExternalData.Clear();
            proto.ExternalData.Add(placed.ExternalData);
        }
    }
}
