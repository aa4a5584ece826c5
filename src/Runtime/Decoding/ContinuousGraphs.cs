using System.Globalization;
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
        Path.Combine(folder.FullPath, folder.Manifest.Graphs[Name(takesAdapters, rolls)]);

    /// <summary>The session, if the layers roll in its graph that are to roll: buffers are as long as the graph takes them to be.</summary>
    /// <exception cref="InvalidDataException">Others do; the session is disposed.</exception>
    public static InferenceSession Checked(InferenceSession session, string path, RollingLayers? rolling)
    {
        int[] found = [.. RollingIn(session).Order()];
        int[] expected = [.. rolling?.Layers.Order() ?? Enumerable.Empty<int>()];
        if (found.SequenceEqual(expected))
            return session;
        session.Dispose();
        throw new InvalidDataException(
            $"In '{path}' the layers with rolling caches are [{string.Join(", ", found)}]; by {ModelManifest.FileName} they are "
            + $"[{string.Join(", ", expected)}]. A file was changed after the export; export the model again.");
    }

    private static bool Has(ModelManifest manifest, bool rolls) =>
        manifest.Graphs.ContainsKey(Name(takesAdapters: true, rolls)) && manifest.Graphs.ContainsKey(Name(takesAdapters: false, rolls));

    private static string Name(bool takesAdapters, bool rolls) => "continuous" + (rolls ? ".rolling" : "") + (takesAdapters ? "" : ".base");

    /// <summary>By the caches, past_key_values.LAYER.key [rows, heads, rolling_capacity.LAYER, head_dim].</summary>
    private static IEnumerable<int> RollingIn(InferenceSession session) =>
        from input in session.InputMetadata
        where input.Key.StartsWith("past_key_values.", StringComparison.Ordinal) && input.Key.EndsWith(".key", StringComparison.Ordinal)
            && input.Value.SymbolicDimensions is [_, _, var length, _] && length.StartsWith(RollingLength, StringComparison.Ordinal)
        select int.Parse(input.Key.Split('.')[1], CultureInfo.InvariantCulture);
}
