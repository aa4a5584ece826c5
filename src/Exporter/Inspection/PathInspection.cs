namespace XlLoraOnnx.Exporter;

/// <summary>What a checkpoint folder, a PEFT folder or an .onnx_adapter file holds, without exporting it.</summary>
public sealed record PathInspection
{
    /// <summary><c>checkpoint</c>, <c>PEFT adapter</c>, <c>FLARE adapter</c> or <c>.onnx_adapter</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>As given.</summary>
    public required string Path { get; init; }

    /// <summary>Names and values, in the order to show them.</summary>
    public required IReadOnlyDictionary<string, string> Facts { get; init; }

    /// <summary>Every tensor, in the order of its file.</summary>
    public required IReadOnlyList<InspectedTensor> Tensors { get; init; }

    /// <summary>Why it cannot be exported, as far as that can be said without its base; empty when it can.</summary>
    public required IReadOnlyList<string> Refusals { get; init; }

    /// <summary>Fields of its files that an export would not look at, a sentence each.</summary>
    public required IReadOnlyList<string> Notices { get; init; }
}

/// <summary>One tensor of a file.</summary>
/// <param name="DType">As the file spells it.</param>
public sealed record InspectedTensor(string Name, string DType, IReadOnlyList<long> Shape);

/// <summary>How serious a <see cref="Finding"/> is.</summary>
public enum FindingLevel
{
    /// <summary>Worth knowing.</summary>
    Note,

    /// <summary>Refused wherever it is met.</summary>
    Unsafe,
}

/// <summary>Something that a safety check found.</summary>
/// <param name="File">Relative to the folder that was checked.</param>
public sealed record Finding(FindingLevel Level, string File, string Message);
