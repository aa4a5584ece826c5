namespace XlLoraOnnx.Runtime;

/// <summary>
/// What another implementation recorded of a model that translates: texts of one language, padded on the right, and for each target
/// language any of states, probabilities, greedy answers and those of a search over beams.
/// </summary>
internal sealed class TranslationReference : IDisposable
{
    private static readonly string[] Suffixes = [".decoder_input_ids", ".greedy", ".beam"];

    private readonly SafetensorsFile _file;

    /// <exception cref="InvalidDataException">A tensor is missing or does not fit the model.</exception>
    public TranslationReference(string path, ModelManifest manifest)
    {
        _file = SafetensorsFile.Open(path);
        try
        {
            if (!Has("input_ids") || !Has("attention_mask") || Shape("input_ids") is not [> 0 and var rows, > 0])
                throw new InvalidDataException($"'{path}' records no texts of a model that translates: it needs input_ids and attention_mask, "
                    + $"each [rows, length]; it holds {string.Join(", ", _file.Tensors.Keys.Take(5))} …");
            Rows = (int)rows;
            InputIds = Ids("input_ids", manifest.Dimensions.VocabSize);
            AttentionMask = Ids("attention_mask", 2);
            Languages = [.. _file.Tensors.Keys.Select(Language).OfType<string>().Distinct(StringComparer.Ordinal)];
            if (AttentionMask.Length != InputIds.Length)
                throw new InvalidDataException(
                    $"'{path}': attention_mask has {AttentionMask.Length} values and input_ids {InputIds.Length}.");
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public int Rows { get; }

    /// <summary>[rows, length]</summary>
    public long[] InputIds { get; }

    /// <summary>[rows, length]</summary>
    public long[] AttentionMask { get; }

    /// <summary>Targets, as the tokenizer spells them.</summary>
    public IReadOnlyList<string> Languages { get; }

    public bool Has(string tensor) => _file.Tensors.ContainsKey(tensor);

    public IReadOnlyList<long> Shape(string tensor) => _file.Tensors[tensor].Shape;

    public float[] Floats(string tensor) => _file.ReadFloat32(tensor);

    /// <exception cref="InvalidDataException">One is outside, or the rows are not those of the texts.</exception>
    public long[] Ids(string tensor, int limit, int least = 0)
    {
        if (Shape(tensor)[0] != Rows)
            throw new InvalidDataException(
                $"'{_file.Path}': '{tensor}' has shape {_file.Tensors[tensor].ShapeText}; its first dimension must be {Rows} rows.");
        var ids = _file.ReadInt64(tensor);
        return Array.Find(ids, id => id < least || id >= limit) is not 0 and var id ? throw new InvalidDataException(
            $"'{_file.Path}': '{tensor}' holds {id}; {least} to {limit - 1} are possible. Is it the reference of another model?") : ids;
    }

    /// <summary>Without padding.</summary>
    public int[] Source(int row)
    {
        var width = InputIds.Length / Rows;
        return [.. Enumerable.Range(row * width, width).Where(i => AttentionMask[i] == 1).Select(i => (int)InputIds[i])];
    }

    public void Dispose() => _file.Dispose();

    private static string? Language(string tensor) => Suffixes.Where(s => tensor.EndsWith(s, StringComparison.Ordinal))
        .Select(s => tensor[..^s.Length]).FirstOrDefault();
}
