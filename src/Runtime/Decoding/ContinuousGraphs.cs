using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>The graphs of a folder for rows that come and go: with adapters or without, and with layers that roll or without.</summary>
internal static class ContinuousGraphs
{
    /// <summary>Begins the name of a cache's length in layers that roll.</summary>
    private const string RollingLength = "rolling_capacity.";

    public static bool IsSupported(ModelManifest manifest) => Has(manifest, rolls: false);

    public static bool HasRolling(ModelManifest manifest) => Has(manifest, rolls: true);

    /// <summary>The file in its folder.</summary>
    public static string File(ModelFolder folder, bool takesAdapters, bool rolls) =>
        Path.Combine(folder.FullPath, folder.Manifest.Graphs[GraphRoles.ForContinuous(takesAdapters, rolls)]);

    /// <summary>
    /// The session, if it has the manifest's caches and the layers roll in its graph that are to roll: buffers are as long as the graph
    /// takes them to be.
    /// </summary>
    /// <exception cref="InvalidDataException">It has not, or others do; the session is disposed.</exception>
    public static InferenceSession Checked(
        InferenceSession session, string path, IReadOnlyList<CacheEntry> caches, RollingLayers? rolling)
    {
        try
        {
            Check(session, path, caches, rolling);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static void Check(InferenceSession session, string path, IReadOnlyList<CacheEntry> caches, RollingLayers? rolling)
    {
        const string Advice = "A file was changed after the export; export the model again.";
        var inputs = caches.SelectMany(c => new[] { c.KeyInput, c.ValueInput }).Where(n => !session.InputMetadata.ContainsKey(n));
        var outputs = caches.SelectMany(c => new[] { c.KeyOutput, c.ValueOutput }).OfType<string>()
            .Where(n => !session.OutputMetadata.ContainsKey(n));
        if (inputs.Concat(outputs).FirstOrDefault() is { } name)
            throw new InvalidDataException($"'{path}' has no cache '{name}', which {ModelManifest.FileName} names. {Advice}");
        int[] found = [.. RollingIn(session, caches).Order()];
        int[] expected = [.. rolling?.Layers.Order() ?? Enumerable.Empty<int>()];
        if (!found.SequenceEqual(expected))
            throw new InvalidDataException(
                $"In '{path}' the layers with rolling caches are [{string.Join(", ", found)}]; by {ModelManifest.FileName} they are "
                + $"[{string.Join(", ", expected)}]. {Advice}");
    }

    private static bool Has(ModelManifest manifest, bool rolls) =>
        manifest.Graphs.ContainsKey(GraphRoles.ForContinuous(takesAdapters: true, rolls))
        && manifest.Graphs.ContainsKey(GraphRoles.ForContinuous(takesAdapters: false, rolls));

    /// <summary>By the length of the keys, [rows, heads, rolling_capacity.LAYER, head_dim].</summary>
    private static IEnumerable<int> RollingIn(InferenceSession session, IReadOnlyList<CacheEntry> caches) =>
        from cache in caches
        where session.InputMetadata[cache.KeyInput].SymbolicDimensions is [_, _, var length, _]
            && length.StartsWith(RollingLength, StringComparison.Ordinal)
        select cache.Layer;
}
