namespace XlLoraOnnx.Exporter;

/// <summary>A tensor of a run, in its file.</summary>
internal sealed record FlareTensor(ITensorFile File, SafetensorsTensor Tensor)
{
    public CheckpointTensor Rows => new(File, Tensor);
}

/// <summary>What a run has trained of one linear module.</summary>
internal sealed class FlareModule
{
    private static readonly string[] Matrices = ["query", "key", "value"];

    /// <summary>[r, in]</summary>
    public FlareTensor? A { get; set; }

    /// <summary>[out, r]</summary>
    public FlareTensor? B { get; set; }

    /// <summary>Of cross-attention: <c>query.weight</c> [r, r], <c>query.bias</c> [r], and so key and value; else none.</summary>
    public Dictionary<string, FlareTensor> Attention { get; } = [];

    public int Rank => checked((int)A!.Tensor.Shape[0]);

    public int In => checked((int)A!.Tensor.Shape[1]);

    public int Out => checked((int)B!.Tensor.Shape[0]);

    public IEnumerable<FlareTensor> Tensors => [A!, B!, .. Attention.Values];

    /// <exception cref="InvalidDataException">Something is missing, of another shape, or no number.</exception>
    public void Check(string name)
    {
        if (A is null || B is null)
            throw new InvalidDataException(A is null && B is null
                ? $"'{Attention.Values.First().File.Path}': '{name}' has matrices of cross-attention and no adapter."
                : $"'{(A ?? B)!.File.Path}': '{name}' has the factor lora_{(A is null ? "B" : "A")} and not the other. Save the run again, whole.");
        if (!IsMatrix(A) || !IsMatrix(B) || A.Tensor.Shape[0] != B.Tensor.Shape[1])
            throw new InvalidDataException($"'{A.File.Path}': the factors of '{name}' are {A.Tensor.ShapeText} and {B.Tensor.ShapeText}; "
                + "they must be [r, in] and [out, r].");
        foreach (var (part, tensor) in Attention)
        {
            var matrix = part.Split('.');
            long[] shape = matrix is [_, "bias"] ? [Rank] : [Rank, Rank];
            if (matrix is not [var which, "weight" or "bias"] || !Matrices.Contains(which) || !tensor.Tensor.Shape.SequenceEqual(shape))
                throw new InvalidDataException($"'{tensor.File.Path}': '{tensor.Tensor.Name}' {tensor.Tensor.ShapeText} is no part of a "
                    + $"cross-attention of rank {Rank}, whose query, key and value have a weight [{Rank}, {Rank}] and a bias [{Rank}].");
        }
        if (Attention.Count is not 0 and not 6)
            throw new InvalidDataException(
                $"'{A.File.Path}': the cross-attention of '{name}' has {Attention.Count} of 6 tensors. Save the run again, whole.");
        foreach (var tensor in Tensors)
            CheckNumbers(tensor);
    }

    /// <exception cref="InvalidDataException">It is no matrix and no vector.</exception>
    public static void CheckHead(FlareTensor tensor)
    {
        if (tensor.Tensor.Shape.Count is not 1 and not 2 || tensor.Tensor.Shape.Any(d => d is <= 0 or > int.MaxValue))
            throw new InvalidDataException(
                $"'{tensor.File.Path}': '{tensor.Tensor.Name}' is {tensor.Tensor.ShapeText}; parts of a head are matrices and vectors.");
    }

    private static bool IsMatrix(FlareTensor tensor) =>
        tensor.Tensor.Shape.Count == 2 && tensor.Tensor.Shape.All(d => d is > 0 and <= int.MaxValue);

    /// <exception cref="InvalidDataException">There is a number that is not finite.</exception>
    /// <exception cref="NotSupportedException">They are none of the types that are read.</exception>
    public static void CheckNumbers(FlareTensor tensor)
    {
        if (!FloatConversion.IsSupported(tensor.Tensor.DType))
            throw new NotSupportedException(
                $"'{tensor.File.Path}': '{tensor.Tensor.Name}' has type {tensor.Tensor.DType}; F32, F16 and BF16 can be exported.");
        if (tensor.File.FirstNonFinite(tensor.Tensor) is { } place)
            throw new InvalidDataException(
                $"'{tensor.File.Path}': element {place} of '{tensor.Tensor.Name}' is no finite number. The training failed, or the file is damaged.");
    }
}
