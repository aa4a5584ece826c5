using Google.Protobuf;

namespace XlLoraOnnx.Exporter;

/// <summary>Graphs that share one data file.</summary>
internal static class OnnxModelWriter
{
    public const string GraphFile = "model.onnx";
    public const string DataFile = "model.onnx.data";

    /// <param name="graphs">File name and graph; initializers of the same name are the same tensor.</param>
    /// <returns>SHA-256 of the data file, in hexadecimal digits.</returns>
    public static string Write(IReadOnlyList<(string File, OnnxGraph Graph)> graphs, string folder, string producerVersion,
        Action<long, long>? progress, CancellationToken cancellationToken)
    {
        ExternalTensor[] tensors = [.. graphs.SelectMany(g => g.Graph.ExternalTensors).DistinctBy(t => t.Proto.Name)];
        var (offsets, bytes) = ExternalDataWriter.Layout(tensors, DataFile);
        var places = tensors.ToDictionary(t => t.Proto.Name, t => t.Proto);
        foreach (var (file, graph) in graphs)
        {
            foreach (var tensor in graph.ExternalTensors)
                Share(tensor, places[tensor.Proto.Name]);
            using var stream = File.Create(Path.Combine(folder, file));
            graph.ToModel(producerVersion).WriteTo(stream);
        }
        var path = Path.Combine(folder, DataFile);
        return ExternalDataWriter.Write(tensors, offsets, bytes, path, done => progress?.Invoke(done, bytes), cancellationToken);
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
