namespace XlLoraOnnx.Runtime;

/// <summary>
/// Layers that see a window alone, and what ONNX Runtime's GroupQueryAttention keeps of them in a rolling buffer (arXiv 2310.06825, section
/// 2): positions in their order from the first it has. When the buffer is full, what the next token sees moves to its beginning.
/// </summary>
/// <param name="Window">Positions that a token sees, itself included.</param>
/// <param name="Layers">In which it is so.</param>
internal sealed record RollingLayers(int Window, IReadOnlySet<int> Layers)
{
    /// <summary>What moves costs less the more rarely it does: with an eighth on top, a layer's step reads 1 % more.</summary>
    private const int Slack = 8;

    private const int LeastSlack = 8;

    /// <summary>Positions of a buffer.</summary>
    public int Capacity { get; } = CapacityFor(Window);

    /// <summary>Null where no layer has a window, or the folder has no graphs in which such layers roll.</summary>
    /// <exception cref="NotSupportedException">The windows of the layers differ.</exception>
    public static RollingLayers? Of(ModelManifest manifest)
    {
        var local = manifest.Decoder!.Caches.Where(c => c.Window is not null).ToArray();
        if (local.Length == 0 || !ContinuousGraphs.HasRolling(manifest))
            return null;
        int[] windows = [.. local.Select(c => c.Window!.Value).Distinct()];
        if (windows.Length > 1)
            throw new NotSupportedException($"The layers of this model have windows of {string.Join(", ", windows)} positions by "
                + $"{ModelManifest.FileName}; one for all of them is supported.");
        return new RollingLayers(windows[0], local.Select(c => c.Layer).ToHashSet());
    }

    /// <summary>Whether the folder has long enough rows and layers with a window, but no graphs in which they roll.</summary>
    public static bool IsMissing(ModelManifest manifest) =>
        manifest.Dimensions is { SlidingWindow: { } window } dimensions
        && dimensions.ContextLength > CapacityFor(window) && !ContinuousGraphs.HasRolling(manifest);

    /// <summary>First position in the buffer when so many have been written; it lies at the beginning.</summary>
    /// <remarks>
    /// A function of the length alone, however they were written: ONNX Runtime 1.31, the operator's documentation ("Windowed KV Cache"), of
    /// which this is T − L(T).
    /// </remarks>
    public int FirstKept(int length)
    {
        if (length <= Capacity)
            return 0;
        var moved = Capacity - Window + 1;
        return (length - Capacity + moved - 1) / moved * moved;
    }

    private static int CapacityFor(int window) =>
        (window + Math.Max(LeastSlack, window / Slack) + LeastSlack - 1) / LeastSlack * LeastSlack;
}
