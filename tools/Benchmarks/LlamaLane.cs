using System.Numerics.Tensors;
using LLama.Native;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Rows of one adapter in one context of llama.cpp: those that run are decoded as one batch, one that ends makes room for the next, and
/// the beginning that all share is computed once and copied.
/// </summary>
internal sealed class LlamaLane : IDisposable
{
    private const int RowTokens = 256, BatchTokens = 2048;

    private readonly SafeLLamaContextHandle _context;
    private readonly LLamaBatch _batch = new();
    private readonly Queue<Row> _waiting = new();
    private readonly int _slots;

    /// <summary>The row at an index has the sequence of that number: sequences without gaps are one batch in every layout.</summary>
    private readonly List<Row> _running = [];

    private int[] _prefix = [];

    /// <param name="unified">Whether all sequences share the cells of the cache; otherwise each has its own.</param>
    public LlamaLane(SafeLlamaModelHandle model, LoraAdapter adapter, int slots, bool unified)
    {
        _slots = slots;
        var parameters = LLamaContextParams.Default();
        // one more, for the beginning that all rows share
        parameters.n_seq_max = (uint)slots + 1;
        parameters.n_ctx = parameters.n_seq_max * RowTokens;
        parameters.n_batch = BatchTokens;
        parameters.n_threads = parameters.n_threads_batch = Environment.ProcessorCount;
        parameters.kv_unified = unified;
        parameters.no_perf = true;
        _context = SafeLLamaContextHandle.Create(model, parameters);
        _context.SetLoraAdapters((adapter, 1f));
    }

    /// <summary>Takes rows; nothing is computed but their common beginning, where it is another than before.</summary>
    /// <param name="shared">Tokens of it.</param>
    public void Add(IEnumerable<Row> rows, int shared)
    {
        foreach (var row in rows)
        {
            if (!row.Prompt.AsSpan(0, shared).SequenceEqual(_prefix))
                ComputePrefix(row.Prompt[..shared]);
            _waiting.Enqueue(row);
        }
    }

    /// <summary>One token of each row that runs, or the rest of its prompt.</summary>
    /// <returns>False where no row is left.</returns>
    public bool Step()
    {
        while (_running.Count < _slots && _waiting.TryDequeue(out var row))
        {
            _running.Add(row);
            Begin(_running.Count - 1);
        }
        if (_running.Count == 0)
            return false;
        _batch.Clear();
        var outputs = new int[_running.Count];
        for (var i = 0; i < outputs.Length; i++)
        {
            var (row, sequence) = (_running[i], (LLamaSeqId)i);
            if (row.Tokens.Count > 0)
                outputs[i] = _batch.Add(row.Tokens[^1], row.Prompt.Length + row.Tokens.Count - 1, sequence, logits: true);
            else
                outputs[i] = _batch.AddRange(Tokens(row.Prompt[_prefix.Length..]), _prefix.Length, sequence, logitsLast: true);
        }
        Decode();
        for (var i = outputs.Length - 1; i >= 0; i--)
        {
            var row = _running[i];
            row.Tokens.Add(TensorPrimitives.IndexOfMax(_context.GetLogitsIth(outputs[i])));
            if (row.Tokens.Count == row.MaxNewTokens)
                End(i);
        }
        return true;
    }

    public void Dispose() => _context.Dispose();

    private void Begin(int index) => _context.MemorySequenceCopy((LLamaSeqId)_slots, (LLamaSeqId)index, -1, -1);

    private void End(int index)
    {
        _context.MemorySequenceRemove((LLamaSeqId)index, -1, -1);
        if (_waiting.TryDequeue(out var next))
        {
            _running[index] = next;
            Begin(index);
            return;
        }
        var last = _running.Count - 1;
        if (index < last)
        {
            _context.MemorySequenceCopy((LLamaSeqId)last, (LLamaSeqId)index, -1, -1);
            _context.MemorySequenceRemove((LLamaSeqId)last, -1, -1);
            _running[index] = _running[last];
        }
        _running.RemoveAt(last);
    }

    private void ComputePrefix(int[] prefix)
    {
        if (_running.Count > 0 || _waiting.Count > 0)
            throw new InvalidOperationException("Rows that run together have one beginning.");
        _context.MemoryClear();
        _batch.Clear();
        _batch.AddRange(Tokens(prefix), 0, (LLamaSeqId)_slots, logitsLast: true);
        Decode();
        _prefix = prefix;
    }

    private void Decode()
    {
        var result = _context.Decode(_batch);
        if (result != DecodeResult.Ok)
            throw new InvalidOperationException($"llama.cpp: {result}.");
    }

    private static LLamaToken[] Tokens(int[] tokens) => Array.ConvertAll(tokens, t => (LLamaToken)t);

    internal sealed record Row(int[] Prompt, int MaxNewTokens)
    {
        public List<int> Tokens { get; } = [];
    }
}
