using Google.Protobuf;

namespace XlLoraOnnx.Exporter;

/// <summary>A graph as <c>model.onnx</c> and <c>model.onnx.data</c>.</summary>
internal static class OnnxModelWriter
{
    public const string GraphFile = "model.onnx";
    public const string DataFile = "model.onnx.data";

    /// <returns>SHA-256 of the data file, in hexadecimal digits.</returns>
    public static string Write(
        OnnxGraph graph, string folder, string producerVersion, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        var (offsets, bytes) = ExternalDataWriter.Layout(graph.ExternalTensors, DataFile);
        using (var stream = File.Create(Path.Combine(folder, GraphFile)))
            graph.ToModel(producerVersion).WriteTo(stream);
        var path = Path.Combine(folder, DataFile);
        return ExternalDataWriter.Write(
            graph.ExternalTensors, offsets, bytes, path, done => progress?.Invoke(done, bytes), cancellationToken);
    }
}
