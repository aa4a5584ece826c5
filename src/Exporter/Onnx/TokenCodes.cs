namespace XlLoraOnnx.Exporter;

/// <summary>Which of the 256 codes stand for what, for the numbers of a token divided by the token's peak.</summary>
/// <param name="ZeroPoint">The code of 0; as many are below it.</param>
/// <param name="Above">The code of the peak, less <paramref name="ZeroPoint"/>.</param>
internal sealed record TokenCodes(byte ZeroPoint, int Above)
{
    /// <summary>As much below 0 as above.</summary>
    public static TokenCodes Symmetric { get; } = new(128, 127);

    /// <summary>GELU gives nothing below −0.17 and has peaks of several units: an eighth of the codes is enough below 0, and those above are
    /// nearly twice as fine.</summary>
    private static readonly TokenCodes AfterGelu = new(32, 223);

    private static readonly TokenCodes AfterRelu = new(0, 255);

    /// <summary>Between two codes, where the peak is 1.</summary>
    public float Step => 1f / Above;

    /// <param name="op">The operator that made the numbers; null where they come from outside.</param>
    public static TokenCodes After(string? op) => op switch
    {
        "Gelu" or "BiasGelu" => AfterGelu,
        "Relu" => AfterRelu,
        _ => Symmetric,
    };

    /// <summary>Numbers of which the largest of a token is its peak: every number of the token, divided by it, has a code.</summary>
    public string Magnitudes(OnnxGraph graph, string prefix, string x) =>
        this == Symmetric ? graph.Abs(prefix + "/Abs", x)
        : ZeroPoint == 0 ? x
        : graph.LeakyRelu(prefix + "/LeakyRelu", x, -(float)Above / ZeroPoint);
}
