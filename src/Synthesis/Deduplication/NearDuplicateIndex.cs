using System.Buffers.Binary;

namespace XlLoraOnnx.Synthesis;

/// <summary>Which texts nearly say what an earlier one says, over millions of them.</summary>
/// <remarks>
/// Locality-sensitive hashing: texts that agree in one of four bands of five hashes are compared. A text that is a near-duplicate is not
/// kept for comparison, so all of a kind point to the first. The same texts in the same order give the same answers. Not thread-safe.
/// About 46 bytes a text.
/// </remarks>
/// <param name="similarity">Share of triples of characters, 0 to 1, from which on two texts are near-duplicates.</param>
internal sealed class NearDuplicateIndex(double similarity = 0.8)
{
    private const int Bands = 4;
    private const int RowsOfBand = MinHash.Count / Bands;

    /// <summary>Texts from one template share bands in masses; beyond these no more are compared, or kept in that band.</summary>
    private const int MaxCompared = 16;

    private readonly SignatureList _signatures = new();
    private readonly BandTable[] _tables = [.. Enumerable.Range(0, Bands).Select(_ => new BandTable())];

    /// <summary>How many texts are kept for comparison.</summary>
    public int Count => _signatures.Count;

    /// <summary>Takes in the next text, in the order of rows.</summary>
    /// <param name="folded">The text as <see cref="FoldedText"/> gives it.</param>
    /// <returns>The most similar earlier text that is similar enough, the earliest of several; null if there is none.</returns>
    public NearDuplicateOf? Add(long row, ReadOnlySpan<char> folded)
    {
        if (folded.Length == 0)
            return null;
        Span<byte> signature = stackalloc byte[MinHash.Count];
        MinHash.Sign(folded, signature);
        Span<bool> isFull = stackalloc bool[Bands];
        if (MaxSimilar(signature, isFull) is { } duplicate)
            return duplicate;
        if (Count >= BandTable.MaxIndices)
            throw new NotSupportedException($"Near-duplicates are looked for among at most {BandTable.MaxIndices} different texts.");
        var index = _signatures.Add(row, signature);
        for (var band = 0; band < Bands; band++)
            if (!isFull[band])
                _tables[band].Add(KeyOf(signature, band), index, _signatures, band);
        return null;
    }

    internal static ulong KeyOf(ReadOnlySpan<byte> signature, int band)
    {
        var bytes = signature.Slice(band * RowsOfBand, RowsOfBand);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes) | (ulong)bytes[4] << 32;
    }

    private NearDuplicateOf? MaxSimilar(ReadOnlySpan<byte> signature, Span<bool> isFull)
    {
        var (best, bestIndex) = (0.0, -1);
        for (var band = 0; band < Bands; band++)
        {
            var key = KeyOf(signature, band);
            var compared = 0;
            var slot = _tables[band].FirstSlot(key);
            for (; !_tables[band].IsFree(slot); slot = _tables[band].NextSlot(slot))
            {
                var index = _tables[band].IndexAt(slot, key);
                if (index < 0)
                    continue;
                var other = _signatures[index];
                if (KeyOf(other, band) != key)
                    continue;
                var alike = MinHash.Similarity(signature, other);
                if (alike > best || alike == best && index < bestIndex)
                    (best, bestIndex) = (alike, index);
                if (++compared == MaxCompared)
                    break;
            }
            isFull[band] = compared == MaxCompared;
        }
        // two hashes of twenty may differ by chance between texts that are just similar enough
        return bestIndex >= 0 && best >= similarity - 0.001 ? new NearDuplicateOf(_signatures.RowOf(bestIndex), best) : null;
    }
}
