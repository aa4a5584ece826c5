namespace XlLoraOnnx.Runtime;

/// <summary>What FLARE's own code gave for a run (<c>expected.safetensors</c>), and the batch it gave it for: in the same file, or as
/// <c>inputs-TASK.safetensors</c> beside the run or in its folder.</summary>
internal sealed class FusionReference : IDisposable
{
    private readonly SafetensorsFile _expected;
    private readonly SafetensorsFile _inputs;
    private readonly ModelManifest _manifest;

    /// <exception cref="InvalidDataException">There are no inputs, or they are not of this model.</exception>
    public FusionReference(string path, ModelManifest manifest)
    {
        _manifest = manifest;
        _expected = SafetensorsFile.Open(path);
        try
        {
            _inputs = _expected.Tensors.ContainsKey("input_ids_target") ? _expected : SafetensorsFile.Open(InputsOf(path, manifest.Flare!));
        }
        catch
        {
            _expected.Dispose();
            throw;
        }
    }

    public string Path => _expected.Path;

    /// <summary>Names of what was recorded.</summary>
    public IEnumerable<string> Recorded => _expected.Tensors.Keys;

    public bool Has(string name) => _expected.Tensors.ContainsKey(name);

    public float[] Floats(string name) => _expected.ReadFloat32(name);

    public long[] Ids(string name) => _expected.ReadInt64(name);

    public bool HasInput(string name) => _inputs.Tensors.ContainsKey(name);

    public long[] Labels(string name) => _inputs.ReadInt64(name);

    /// <summary>Rows by the names of their ids and mask; without a mask all of them are tokens.</summary>
    /// <param name="vocabulary">Of the model that reads them; null for that of the reference.</param>
    public EncoderRows Rows(string ids, string? mask, int? vocabulary = null)
    {
        if (!_inputs.Tensors.TryGetValue(ids, out var tensor) || tensor.Shape is not [> 0, > 0])
            throw new InvalidDataException($"'{_inputs.Path}' lacks '{ids}' [rows, length].");
        var values = _inputs.ReadInt64(ids);
        var most = vocabulary ?? _manifest.Dimensions.VocabSize;
        if (values.FirstOrDefault(v => v < 0 || v >= most, -1) is var wrong and not -1)
            throw new InvalidDataException($"'{_inputs.Path}': '{ids}' holds {wrong}; 0 to {most - 1} are possible. "
                + "Is it the reference of another model?");
        var ones = mask is null ? [.. values.Select(_ => 1L)] : _inputs.ReadInt64(mask);
        if (ones.Length != values.Length)
            throw new InvalidDataException($"'{_inputs.Path}': '{mask}' has {ones.Length} elements, '{ids}' has {values.Length}.");
        return new EncoderRows((int)tensor.Shape[0], (int)tensor.Shape[1], values, ones, null);
    }

    public void Dispose()
    {
        if (!ReferenceEquals(_inputs, _expected))
            _inputs.Dispose();
        _expected.Dispose();
    }

    private static string InputsOf(string path, FlareFacts facts)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        var name = $"inputs-{facts.Task}.safetensors";
        string[] places = [System.IO.Path.Combine(folder, name), System.IO.Path.Combine(folder, "..", name)];
        return Array.Find(places, File.Exists) ?? throw new InvalidDataException(
            $"'{path}' holds no inputs (input_ids_target, attention_mask_target, …), and there is no {name} in its folder or above.");
    }
}
