namespace XlLoraOnnx.Tokenizers;

/// <summary>The symbols of a piece while they merge: a list linked both ways, and the merges that wait, the best one on top.</summary>
internal sealed class BpeScratch
{
    public const int Gone = -1;

    private ulong[] _heap = [];

    public BpeSymbol[] Symbols { get; private set; } = new BpeSymbol[256];

    public int Count { get; private set; }

    public BpeWordCache Cache { get; } = new();

    /// <summary>Merges that wait.</summary>
    public int Waiting { get; private set; }

    public void Clear()
    {
        Count = 0;
        Waiting = 0;
    }

    public void Add(int id, int start, int end)
    {
        if (Count == Symbols.Length)
        {
            var symbols = Symbols;
            Array.Resize(ref symbols, Count * 2);
            Symbols = symbols;
        }
        Symbols[Count] = new BpeSymbol { Id = id, Start = start, End = end, Previous = Count - 1, Next = Count + 1 };
        Count++;
    }

    /// <summary>Lower ranks first; of equal ones the leftmost.</summary>
    public void Push(int rank, int position)
    {
        if (Waiting == _heap.Length)
            Array.Resize(ref _heap, Math.Max(Waiting * 2, 256));
        var key = ((ulong)(uint)rank << 32) | (uint)position;
        var slot = Waiting++;
        while (slot > 0 && _heap[(slot - 1) / 2] > key)
        {
            _heap[slot] = _heap[(slot - 1) / 2];
            slot = (slot - 1) / 2;
        }
        _heap[slot] = key;
    }

    public (int Rank, int Position) Pop()
    {
        var top = _heap[0];
        var last = _heap[--Waiting];
        var slot = 0;
        while (slot * 2 + 1 < Waiting)
        {
            var child = slot * 2 + 1;
            if (child + 1 < Waiting && _heap[child + 1] < _heap[child])
                child++;
            if (_heap[child] >= last)
                break;
            _heap[slot] = _heap[child];
            slot = child;
        }
        _heap[slot] = last;
        return ((int)(top >> 32), (int)(uint)top);
    }
}

/// <summary>A symbol and the range of the piece that it covers.</summary>
internal struct BpeSymbol
{
    public int Id;
    public int Start;
    public int End;
    public int Previous;
    public int Next;
}
