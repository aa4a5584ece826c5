
namespace XlLoraOnnx.Runtime;

/// <summary>What another implementation recorded of an encoder: the rows, and any of its outputs.</summary>
/// <param name="Rows">The recorded input.</param>
/// <param name="Tensors">Name → float32 values: states [rows, length, hidden], their padding zeros, and vectors [rows, hidden].</param>
internal sealed record EncoderReference(EncoderRows Rows, IReadOnlyDictionary<string, float[]> Tensors)
{
    private const string Vector = "sentence_embedding";

    /// <summary>Reads <c>input_ids</c>, <c>attention_mask</c> and what else is there of <c>token_type_ids</c>, <c>last_hidden_state</c>,
    /// <c>hidden_states.k</c>, <c>pool.*</c> and <c>sentence_embedding</c>.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing or does not fit the model.</exception>
    public static EncoderReference Read(string path, ModelManifest manifest)
    {
        using var file = SafetensorsFile.Open(path);
        if (!file.Tensors.TryGetValue("input_ids", out var ids) || !file.Tensors.ContainsKey("attention_mask"))
            throw new InvalidDataException(
                $"'{path}' records no rows for an encoder: it lacks input_ids or attention_mask; it holds "
                + $"{string.Join(", ", file.Tensors.Keys.Take(5))} …");
        if (ids.Shape is not [var count and > 0, var length and > 0])
            throw new InvalidDataException($"'{path}': 'input_ids' has shape {ids.ShapeText}; expected [rows, length].");
        var limit = manifest.Encoder!.MaxSequenceLength;
        if (length > limit)
            throw new InvalidDataException($"'{path}' has rows of {length} tokens; the model folder serves {limit}.");
        var rows = new EncoderRows((int)count, (int)length,
            ReadInput(file, "input_ids", ids.Shape, manifest.Dimensions.VocabSize),
            ReadInput(file, "attention_mask", ids.Shape, 2),
            file.Tensors.ContainsKey("token_type_ids") ? ReadInput(file, "token_type_ids", ids.Shape, int.MaxValue) : null);
        var tensors = file.Tensors.Values.Where(t => Shape(t.Name, rows, manifest) is not null)
            .ToDictionary(t => t.Name, t => ReadOutput(file, t, Shape(t.Name, rows, manifest)!));
        return tensors.Count > 0 ? new EncoderReference(rows, tensors) : throw new InvalidDataException(
            $"'{path}' records no output of an encoder: last_hidden_state, hidden_states.k, pool.* or {Vector}.");
    }

    /// <summary>Whether a tensor has a vector for each token, and not for each row.</summary>
    public static bool IsState(string tensor) =>
        tensor == "last_hidden_state" || tensor.StartsWith("hidden_states.", StringComparison.Ordinal);

    private static long[]? Shape(string tensor, EncoderRows rows, ModelManifest manifest)
    {
        long hidden = manifest.Dimensions.HiddenSize;
        return IsState(tensor) ? [rows.Count, rows.Length, hidden]
            : tensor.StartsWith("pool.", StringComparison.Ordinal) || tensor == Vector ? [rows.Count, hidden] : null;
    }

    private static long[] ReadInput(SafetensorsFile file, string name, IReadOnlyList<long> shape, long limit)
    {
        var tensor = file.Tensors[name];
        if (!tensor.Shape.SequenceEqual(shape))
            throw new InvalidDataException(
                $"'{file.Path}': '{name}' has shape {tensor.ShapeText}; input_ids has [{string.Join(", ", shape)}].");
        var values = file.ReadInt64(name);
        foreach (var value in values)
        {
            if (value < 0 || value >= limit)
                throw new InvalidDataException(
                    $"'{file.Path}': '{name}' holds {value}; 0 to {limit - 1} are possible. Is it the reference of another model?");
        }
        return values;
    }

    private static float[] ReadOutput(SafetensorsFile file, SafetensorsTensor tensor, long[] shape) => tensor.Shape.SequenceEqual(shape)
        ? file.ReadFloat32(tensor.Name)
        : throw new InvalidDataException(
            $"'{file.Path}': '{tensor.Name}' has shape {tensor.ShapeText}; this model and these rows make it "
            + $"[{string.Join(", ", shape)}].");
}
