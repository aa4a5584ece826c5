using System.Globalization;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>What a PEFT folder of FLARE says beside its tensors.</summary>
internal sealed record FlareFolderFacts
{
    /// <summary>PEFT's <c>base_model_name_or_path</c>; null where nobody knows.</summary>
    public string? BaseName { get; init; }

    /// <summary>What FLARE calls the adapter; null for what follows from the settings.</summary>
    public string? Adapter { get; init; }

    public required FlareSettings Settings { get; init; }

    /// <summary>One of the constants of <see cref="FlareShape"/>.</summary>
    public required string Head { get; init; }

    /// <summary>Classes; 2, begin and end, of question answering; the vocabulary of a language model.</summary>
    public required int Labels { get; init; }

    /// <summary>Of the model that the adapter was trained over, what was merged included; null where it is not known.</summary>
    public string? BaseFingerprint { get; init; }

    /// <summary><see cref="MergedAdapter.Sha256"/> of what was merged into that; null for nothing, or where it is not known.</summary>
    public string? MergedAdapter { get; init; }
}

/// <param name="Source">Float32, of this shape; two dimensions by rows.</param>
internal sealed record FlareFolderTensor(string Name, IReadOnlyList<long> Shape, TensorSource Source)
{
    /// <param name="values">In row-major order.</param>
    public static FlareFolderTensor Of(string name, IReadOnlyList<long> shape, float[] values)
    {
        var count = shape.Aggregate(1L, (product, dim) => checked(product * dim));
        if (count != values.Length)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"'{name}' has {values.Length} values; [{string.Join(", ", shape)}] takes {count}."), nameof(values));
        var rows = shape.Count > 1 ? shape[0] : 1;
        var columns = rows == 0 ? 0 : checked((int)(count / rows));
        return new FlareFolderTensor(name, shape, new TensorSource(rows, checked(columns * sizeof(float)), (first, many, destination) =>
            MemoryMarshal.AsBytes(values.AsSpan(checked((int)first * columns), checked(many * columns))).CopyTo(destination)));
    }
}
