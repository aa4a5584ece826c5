namespace XlLoraOnnx.Exporter;

/// <summary><c>layer_types</c> of config.json: which layers attend to everything before them, and which to a window.</summary>
internal static class LayerTypes
{
    /// <param name="isGlobal">By index, for configs that do not list the layers.</param>
    public static bool[] ReadGlobal(ConfigReader text, int layers, Func<int, bool> isGlobal)
    {
        if (text.OptionalStrings("layer_types") is not { } types)
            return [.. Enumerable.Range(0, layers).Select(isGlobal)];
        if (types.Count != layers)
            throw new InvalidDataException($"'{text.Path}': layer_types has {types.Count} entries; num_hidden_layers is {layers}.");
        return [.. types.Select(type => type switch
        {
            "full_attention" => true,
            "sliding_attention" => false,
            _ => throw new NotSupportedException(
                $"'{text.Path}': layer_types names '{type}'; full_attention and sliding_attention are supported."),
        })];
    }
}
