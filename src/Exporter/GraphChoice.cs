namespace XlLoraOnnx.Exporter;

/// <summary>Which graphs an export has, and the files they are in.</summary>
internal static class GraphChoice
{
    /// <summary>Of those asked for, what a model has that generates text.</summary>
    /// <exception cref="ArgumentException">There is no such role.</exception>
    public static IEnumerable<string> OfDecoder(IReadOnlyList<string> asked) => Choose(asked, GraphRoles.OfDecoder, [GraphRoles.Lora]);

    /// <summary>Of those asked for, what an encoder has.</summary>
    /// <exception cref="ArgumentException">There is no such role.</exception>
    public static IEnumerable<string> OfEncoder(IReadOnlyList<string> asked) => Choose(asked, GraphRoles.OfEncoder, [GraphRoles.Embedding]);

    /// <summary>Of those asked for, what a model with an encoder and a decoder has; it runs with all but the one for scoring.</summary>
    /// <exception cref="ArgumentException">There is no such role.</exception>
    public static IEnumerable<string> OfEncoderDecoder(IReadOnlyList<string> asked) =>
        Choose(asked, GraphRoles.OfEncoderDecoder, [.. GraphRoles.OfEncoderDecoder.Where(r => r != GraphRoles.Scoring)]);

    /// <summary>Of the graph with this role, in a model folder.</summary>
    public static string FileName(string role) =>
        role is GraphRoles.Lora or GraphRoles.Embedding ? OnnxModelWriter.GraphFile : $"model.{role}.onnx";

    private static IEnumerable<string> Choose(IReadOnlyList<string> asked, IReadOnlyList<string> available, IReadOnlyList<string> always)
    {
        if (asked.FirstOrDefault(r => !GraphRoles.All.Contains(r)) is { } unknown)
            throw new ArgumentException(
                $"There is no graph '{unknown}'; the roles are {string.Join(", ", GraphRoles.All)}. Take them from {nameof(GraphRoles)}.");
        return available.Where(role => always.Contains(role) || asked.Contains(role));
    }
}
