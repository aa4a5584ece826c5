using System.Text.Json;

namespace XlLoraOnnx.Formats;

/// <summary>
/// The JSON header of a safetensors file and the rules that make the format safe: no duplicate keys, no gaps, no overlaps, every byte
/// accounted for. Source: the format section of github.com/huggingface/safetensors.
/// </summary>
public static class SafetensorsHeader
{
    /// <summary>The upstream library's own limit.</summary>
    public const long MaxBytes = 100_000_000;

    public static (Dictionary<string, SafetensorsTensor> Tensors, Dictionary<string, string> Metadata) Parse(
        ReadOnlyMemory<byte> json, string path, long fileBytes)
    {
        if (json.Length == 0 || json.Span[0] != (byte)'{')
            throw Malformed(path, "the header does not start with '{'");
        try
        {
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 };
            using var document = JsonDocument.Parse(json, options);
            return Read(document.RootElement, path, 8 + json.Length, fileBytes);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: names that are not Unicode
        {
            throw Malformed(path, $"its header is not valid JSON: {e.Message}", e);
        }
    }

    public static InvalidDataException Malformed(string path, string what, Exception? inner = null) =>
        new($"'{path}' is not a valid safetensors file: {what}.", inner);

    private static (Dictionary<string, SafetensorsTensor>, Dictionary<string, string>) Read(
        JsonElement root, string path, long dataStart, long fileBytes)
    {
        var tensors = new Dictionary<string, SafetensorsTensor>();
        var metadata = new Dictionary<string, string>();
        foreach (var entry in root.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
                ReadMetadata(entry.Value, path, metadata);
            else
                tensors.Add(entry.Name, ReadTensor(entry, path, dataStart));
        }
        CheckCoverage(tensors.Values, path, dataStart, fileBytes);
        return (tensors, metadata);
    }

    private static void ReadMetadata(JsonElement element, string path, Dictionary<string, string> metadata)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Malformed(path, $"__metadata__ is {element.ValueKind}, expected an object of strings");
        foreach (var entry in element.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.String)
                throw Malformed(path, $"__metadata__ '{entry.Name}' is {entry.Value.ValueKind}, expected a string");
            metadata.Add(entry.Name, entry.Value.GetString()!);
        }
    }

    private static SafetensorsTensor ReadTensor(JsonProperty entry, string path, long dataStart)
    {
        var name = entry.Name;
        if (entry.Value.ValueKind != JsonValueKind.Object)
            throw Malformed(path, $"tensor '{name}' is described by {entry.Value.ValueKind}, expected an object");
        if (!entry.Value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String)
            throw Malformed(path, $"tensor '{name}' has no dtype string");
        var shape = ReadNumbers(entry.Value, "shape", name, path);
        var offsets = ReadNumbers(entry.Value, "data_offsets", name, path);
        if (offsets.Length != 2)
            throw Malformed(path, $"tensor '{name}' has {offsets.Length} data_offsets, expected 2");
        var (begin, end) = (offsets[0], offsets[1]);
        if (begin > end)
            throw Malformed(path, $"tensor '{name}' begins at {begin}, after its end at {end}");
        var tensor = new SafetensorsTensor(name, dtype.GetString()!, shape, CheckedAdd(dataStart, begin, name, path), end - begin);
        CheckBytes(tensor, path);
        return tensor;
    }

    private static long[] ReadNumbers(JsonElement tensor, string property, string name, string path)
    {
        if (!tensor.TryGetProperty(property, out var array) || array.ValueKind != JsonValueKind.Array)
            throw Malformed(path, $"tensor '{name}' has no {property} list");
        return [.. array.EnumerateArray().Select(Number)];

        long Number(JsonElement element) =>
            element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var value) && value >= 0
                ? value
                : throw Malformed(path, $"tensor '{name}' has {element.GetRawText()} in its {property}, expected an integer of at least 0");
    }

    private static long CheckedAdd(long dataStart, long begin, string name, string path)
    {
        try
        {
            return checked(dataStart + begin);
        }
        catch (OverflowException e)
        {
            throw Malformed(path, $"tensor '{name}' begins at {begin}, beyond any file", e);
        }
    }

    private static void CheckBytes(SafetensorsTensor tensor, string path)
    {
        long expected;
        try
        {
            var elements = tensor.Shape.Aggregate(1L, (product, dim) => checked(product * dim));
            if (SafetensorsTensor.ElementBytes(tensor.DType) is not { } size)
                return;
            expected = checked(elements * size);
        }
        catch (OverflowException e)
        {
            throw Malformed(path, $"the size of tensor '{tensor.Name}' with shape {tensor.ShapeText} overflows", e);
        }
        if (expected != tensor.Bytes)
            throw Malformed(path,
                $"tensor '{tensor.Name}' ({tensor.DType} {tensor.ShapeText}) needs {expected} bytes and has {tensor.Bytes}");
    }

    private static void CheckCoverage(IEnumerable<SafetensorsTensor> tensors, string path, long dataStart, long fileBytes)
    {
        var sorted = tensors.OrderBy(t => t.Offset).ThenBy(t => t.Bytes).ToArray();
        var position = dataStart;
        foreach (var tensor in sorted)
        {
            if (tensor.Offset > position)
                throw Malformed(path, $"{tensor.Offset - position} bytes before tensor '{tensor.Name}' belong to no tensor");
            if (tensor.Offset < position)
                throw Malformed(path, $"tensor '{tensor.Name}' overlaps the tensor before it by {position - tensor.Offset} bytes");
            if (tensor.Bytes > long.MaxValue - position)
                throw Malformed(path, $"tensor '{tensor.Name}' ends beyond any file");
            position += tensor.Bytes;
        }
        if (position > fileBytes)
            throw Malformed(path,
                $"it is truncated: it has {fileBytes} bytes and its header promises {position}. Download or copy it again");
        if (position < fileBytes)
            throw Malformed(path,
                $"{fileBytes - position} bytes after the last tensor belong to no tensor ({fileBytes} instead of {position})");
    }
}
