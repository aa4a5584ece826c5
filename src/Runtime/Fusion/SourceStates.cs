using System.Runtime.InteropServices;

namespace XlLoraOnnx.Runtime;

/// <summary>Hidden states of sources by layer: each source is read once as long as there is room for what it gave. One thread at a time.
/// </summary>
/// <param name="read">Padded rows to states by layer, each [rows, length, dimension].</param>
/// <param name="maxBytes">Of states that are kept beyond a batch. They are parts of what was read together, which stays as long as one of
/// them does.</param>
internal sealed class SourceStates(Func<EncoderRows, IReadOnlyList<float[]>> read, PaddedRows padding, int dimension, long maxBytes)
{
    private readonly Dictionary<SourceKey, LinkedListNode<Kept>> _kept = [];
    private readonly LinkedList<Kept> _byUse = [];
    private long _bytes;

    /// <summary>Rows that were read, of all that were asked for.</summary>
    public long Read { get; private set; }

    /// <summary>States of the tokens of each row where they stand when it is padded; elsewhere they are nobody's, and masked.</summary>
    /// <param name="sources">Null for a row without one.</param>
    /// <returns>By layer [rows, length, dimension].</returns>
    public IReadOnlyList<float[]> Masked(IReadOnlyList<int[]?> sources, int length) => Placed(sources, length, s => s.Length);

    /// <summary>States of every position, padding among them.</summary>
    /// <inheritdoc cref="Masked"/>
    public IReadOnlyList<float[]> Whole(IReadOnlyList<int[]?> sources, int length) => Placed(sources, length, _ => length);

    private IReadOnlyList<float[]> Placed(IReadOnlyList<int[]?> sources, int length, Func<int[], int> positions)
    {
        var found = new Dictionary<SourceKey, ReadOnlyMemory<float>[]>();
        var missing = new List<SourceKey>();
        foreach (var source in sources.OfType<int[]>())
        {
            var key = new SourceKey(source, positions(source));
            if (found.ContainsKey(key))
                continue;
            if (_kept.TryGetValue(key, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
                found.Add(key, node.Value.States);
            }
            else if (!missing.Contains(key))
                missing.Add(key);
        }
        // a batch of new sources is what was read, as it is: its states are most of what there is to copy
        if (missing.Count > 0 && ReadThem(missing, length, found) is { } whole && missing.Count == sources.Count)
            return whole;
        var layers = found.Values.FirstOrDefault()?.Length ?? 0;
        var placed = Enumerable.Range(0, layers).Select(_ => new float[sources.Count * length * dimension]).ToArray();
        for (var row = 0; row < sources.Count; row++)
        {
            if (sources[row] is not { } source)
                continue;
            var states = found[new SourceKey(source, positions(source))];
            var at = (row * length + padding.Begin(positions(source), length)) * dimension;
            for (var layer = 0; layer < layers; layer++)
                states[layer].Span.CopyTo(placed[layer].AsSpan(at));
        }
        return placed;
    }

    /// <returns>By layer [rows of missing, length, dimension].</returns>
    private IReadOnlyList<float[]> ReadThem(List<SourceKey> missing, int length, Dictionary<SourceKey, ReadOnlyMemory<float>[]> found)
    {
        Read += missing.Count;
        var layers = read(padding.Of([.. missing.Select(k => k.Ids)], length));
        for (var row = 0; row < missing.Count; row++)
        {
            var key = missing[row];
            var first = (row * length + padding.Begin(key.Positions, length)) * dimension;
            ReadOnlyMemory<float>[] states = [.. layers.Select(layer => layer.AsMemory(first, key.Positions * dimension))];
            found.Add(key, states);
            Keep(key, states);
        }
        return layers;
    }

    private void Keep(SourceKey key, ReadOnlyMemory<float>[] states)
    {
        var bytes = states.Sum(s => (long)s.Length * sizeof(float));
        if (bytes > maxBytes)
            return;
        _kept.Add(key, _byUse.AddFirst(new Kept(key, states, bytes)));
        for (_bytes += bytes; _bytes > maxBytes; _byUse.RemoveLast())
        {
            _bytes -= _byUse.Last!.Value.Bytes;
            _kept.Remove(_byUse.Last.Value.Key);
        }
    }

    private sealed record Kept(SourceKey Key, ReadOnlyMemory<float>[] States, long Bytes);

    /// <summary>A source by its ids, and how many positions of it are wanted.</summary>
    private readonly struct SourceKey(int[] ids, int positions) : IEquatable<SourceKey>
    {
        public int[] Ids { get; } = ids;

        public int Positions { get; } = positions;

        public bool Equals(SourceKey other) => Positions == other.Positions && Ids.AsSpan().SequenceEqual(other.Ids);

        public override bool Equals(object? obj) => obj is SourceKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.AddBytes(MemoryMarshal.AsBytes(Ids.AsSpan()));
            hash.Add(Positions);
            return hash.ToHashCode();
        }
    }
}
