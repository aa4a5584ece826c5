
namespace XlLoraOnnx.Runtime;

/// <summary>Where the numbers of a text went wrong.</summary>
internal static class NonFiniteVector
{
    /// <summary>Runs the text once more, alone, with the states of every layer.</summary>
    public static InvalidDataException Explain(string folder, ModelManifest manifest, string? adapter, EncodedText text)
    {
        return new InvalidDataException(
            $"The vector of text {text.Index} (\"{Shortened.Of(text.Text)}\") holds numbers that are not finite"
            + $"{Layer(folder, manifest, adapter, text)}. "
            + (manifest.Precision == "fp16"
                ? "float16 overflows above 65,504: export the model in fp32."
                : "Check the weights with `xllora-onnx verify`."));
    }

    private static string Layer(string folder, ModelManifest manifest, string? adapter, EncodedText text)
    {
        if (!manifest.Graphs.ContainsKey(GraphRoles.Hidden))
            return "";
        using var run = new EncoderRun(folder, manifest, GraphRoles.Hidden, adapter);
        var rows = new EncoderRows(1, text.Ids.Length, [.. text.Ids.Select(id => (long)id)], [.. text.Ids.Select(_ => 1L)], null);
        string[] states = [.. Enumerable.Range(0, manifest.Dimensions.NumHiddenLayers + 1).Select(k => $"hidden_states.{k}")];
        var layer = Array.FindIndex(run.Run(rows, states), values => values.Any(v => !float.IsFinite(v)));
        return layer switch
        {
            < 0 => ", after the last layer",
            0 => ", from the embedding on",
            _ => $", from layer {layer - 1} on",
        };
    }
}
