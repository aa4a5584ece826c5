namespace XlLoraOnnx.Exporter;

/// <summary>Some layers attend to a window, and not to everything before them (arXiv 2004.05150).</summary>
/// <param name="Positions">That a query sees, itself included: before it, or half to either side where attention goes both ways.</param>
/// <param name="Layers">In which it is so, in their order.</param>
internal sealed record AttentionWindow(int Positions, IReadOnlyList<int> Layers)
{
    /// <param name="isGlobal">Per layer: attends to everything before it.</param>
    public static AttentionWindow Of(int positions, IReadOnlyList<bool> isGlobal) =>
        new(positions, [.. Enumerable.Range(0, isGlobal.Count).Where(layer => !isGlobal[layer])]);
}
