namespace XlLoraOnnx.Runtime;

/// <summary>What an embedding job writes, and how much of it.</summary>
public sealed record EmbeddingJobOptions
{
    /// <summary>Null: what the extension of the output says.</summary>
    public VectorFormat? Format { get; init; }

    /// <summary>Only the first texts; null for all.</summary>
    public long? Limit { get; init; }
}

/// <summary>How vectors are written.</summary>
public enum VectorFormat
{
    /// <summary>NumPy <c>.npy</c>: float32 [texts, dimension].</summary>
    Npy,

    /// <summary><c>.safetensors</c> with one tensor, <c>embeddings</c>: float32 [texts, dimension].</summary>
    Safetensors,

    /// <summary>An object a line: <c>{"text": …, "embedding": […]}</c>.</summary>
    JsonLines,

    /// <summary>A header and a row for each text: <c>row,0,1,2,…</c>.</summary>
    Csv,
}
