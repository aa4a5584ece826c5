namespace XlLoraOnnx.Tokenizers;

/// <summary>A trie over UTF-16; its edges lie in one open-addressing table.</summary>
internal sealed class PieceTrie
{
    public const int Root = 0;
    public const int None = -1;

    private const int MaxNodes = 1 << 28;

    private readonly int[] _fromRoot = new int[0x10000];
    private ulong[] _edges = new ulong[1 << 12];
    private int[] _children = new int[1 << 12];
    private int[] _ids = [None];
    private int _edgeCount;
    private int _nodeCount = 1;

    public PieceTrie() => Array.Fill(_fromRoot, None);

    /// <summary>The id of the piece that ends here; <see cref="None"/> where none does.</summary>
    public int IdAt(int node) => _ids[node];

    public int Child(int node, char c)
    {
        if (node == Root)
            return _fromRoot[c];
        var key = Key(node, c);
        var mask = _edges.Length - 1;
        for (var slot = Slot(key, mask); ; slot = (slot + 1) & mask)
        {
            if (_edges[slot] == key)
                return _children[slot];
            if (_edges[slot] == 0)
                return None;
        }
    }

    /// <summary>The last one added of two equal pieces counts.</summary>
    public void Add(string piece, int id)
    {
        var node = Root;
        foreach (var c in piece)
        {
            var child = Child(node, c);
            node = child != None ? child : AddChild(node, c);
        }
        _ids[node] = id;
    }

    /// <returns>The node where a text ends; <see cref="None"/> where no piece begins with it.</returns>
    public int Walk(ReadOnlySpan<char> text)
    {
        var node = Root;
        foreach (var c in text)
        {
            node = Child(node, c);
            if (node == None)
                break;
        }
        return node;
    }

    /// <returns>Length of the longest piece with which the text goes on from a node, 0 where there is none, and its id.</returns>
    public (int Length, int Id) Longest(int node, ReadOnlySpan<char> text)
    {
        var best = (Length: 0, Id: None);
        for (var i = 0; i < text.Length; i++)
        {
            node = Child(node, text[i]);
            if (node == None)
                break;
            if (_ids[node] != None)
                best = (i + 1, _ids[node]);
        }
        return best;
    }

    private int AddChild(int node, char c)
    {
        if (_nodeCount == MaxNodes)
            throw new NotSupportedException($"A vocabulary has more than {MaxNodes:N0} different beginnings of pieces.");
        if (_nodeCount == _ids.Length)
        {
            Array.Resize(ref _ids, _nodeCount * 2);
            Array.Fill(_ids, None, _nodeCount, _nodeCount);
        }
        var child = _nodeCount++;
        if (node == Root)
        {
            _fromRoot[c] = child;
            return child;
        }
        if ((_edgeCount + 1) * 2 > _edges.Length)
            Grow();
        Insert(Key(node, c), child);
        _edgeCount++;
        return child;
    }

    private void Insert(ulong key, int child)
    {
        var mask = _edges.Length - 1;
        var slot = Slot(key, mask);
        while (_edges[slot] != 0)
            slot = (slot + 1) & mask;
        _edges[slot] = key;
        _children[slot] = child;
    }

    private void Grow()
    {
        var (edges, children) = (_edges, _children);
        _edges = new ulong[edges.Length * 2];
        _children = new int[children.Length * 2];
        for (var i = 0; i < edges.Length; i++)
        {
            if (edges[i] != 0)
                Insert(edges[i], children[i]);
        }
    }

    // Never 0, since the root's edges lie elsewhere.
    private static ulong Key(int node, char c) => ((ulong)(uint)node << 16) | c;

    private static int Slot(ulong key, int mask) => (int)((key * 0x9E3779B97F4A7C15) >> 32) & mask;
}
