namespace XlLoraOnnx.Synthesis;

/// <summary>Rows, of which none is before the one added last, and signatures by index, in blocks that never move.</summary>
internal sealed class SignatureList
{
    private const int BlockLength = 1 << 14;
    private readonly List<byte[]> _signatures = [];
    private readonly List<(long First, uint[] After)> _rows = [];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int index] =>
        _signatures[index / BlockLength].AsSpan(index % BlockLength * MinHash.Count, MinHash.Count);

    public long RowOf(int index)
    {
        var (first, after) = _rows[index / BlockLength];
        return first + after[index % BlockLength];
    }

    public int Add(long row, ReadOnlySpan<byte> signature)
    {
        if (Count % BlockLength == 0)
        {
            _signatures.Add(new byte[BlockLength * MinHash.Count]);
            _rows.Add((row, new uint[BlockLength]));
        }
        var (first, after) = _rows[Count / BlockLength];
        after[Count % BlockLength] = checked((uint)(row - first));
        signature.CopyTo(_signatures[Count / BlockLength].AsSpan(Count % BlockLength * MinHash.Count));
        return Count++;
    }
}
