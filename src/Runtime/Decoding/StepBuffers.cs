using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>What a run of a decoder graph reads and writes beside the caches; allocated once, the same memory in every run.</summary>
internal sealed unsafe class StepBuffers : IDisposable
{
    private const string Greedy = "greedy_tokens";

    private readonly int _vocabulary;
    private readonly int _wantedMost;
    private readonly MirroredBuffer<long> _ids, _wanted, _greedy;
    private readonly MirroredBuffer<int> _lastPositions, _total;
    private readonly MirroredBuffer<float> _logits;
    private readonly LaneMask _mask;
    private bool _hasGreedy;

    /// <param name="tokens">Most in one run.</param>
    /// <param name="rows">Most in one run.</param>
    /// <param name="wanted">Most tokens whose logits are wanted.</param>
    /// <param name="type">Of the mask.</param>
    public StepBuffers(IDeviceMemory memory, int tokens, int rows, int wanted, int vocabulary, TensorElementType type)
    {
        (_wantedMost, _vocabulary) = (wanted, vocabulary);
        _mask = new LaneMask(memory, rows, type);
        _ids = new MirroredBuffer<long>(memory, tokens);
        _wanted = new MirroredBuffer<long>(memory, wanted);
        _greedy = new MirroredBuffer<long>(memory, wanted);
        _lastPositions = new MirroredBuffer<int>(memory, rows);
        _total = new MirroredBuffer<int>(memory, 1);
        _logits = new MirroredBuffer<float>(memory, (long)wanted * vocabulary);
    }

    public void WriteTokens(ReadOnlySpan<int> tokens)
    {
        for (var i = 0; i < tokens.Length; i++)
            _ids.Host[i] = tokens[i];
    }

    public void WriteLengths(ReadOnlySpan<int> lastPositions, int total)
    {
        lastPositions.CopyTo(new Span<int>(_lastPositions.Host, lastPositions.Length));
        _total.Host[0] = total;
    }

    /// <summary>So many tokens of one row, from one on.</summary>
    public void WriteWanted(int first, int count)
    {
        for (var i = 0; i < count; i++)
            _wanted.Host[i] = first + i;
    }

    /// <param name="lanes">Of each row.</param>
    public void WriteMask(LoraBank bank, ReadOnlySpan<int> lanes)
    {
        for (var row = 0; row < lanes.Length; row++)
            _mask.Write(bank, row, lanes[row]);
    }

    /// <param name="total">To give instead of the length of the longest row; null to give that.</param>
    /// <returns>How many rows want logits.</returns>
    public int WriteStep(ReadOnlySpan<StepRow> rows, LoraBank? bank, int? total = null)
    {
        var (wanted, longest) = (0, 0);
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            _ids.Host[i] = row.Token;
            _lastPositions.Host[i] = row.Position;
            longest = Math.Max(longest, row.Position + 1);
            if (row.Wanted)
                _wanted.Host[wanted++] = i;
            if (bank is not null)
                _mask.Write(bank, i, row.Lane);
        }
        // an idle row at position 0 must not be taken for a first prompt
        _total.Host[0] = total ?? (rows.Length > 1 ? Math.Max(2, longest) : longest);
        return wanted;
    }

    /// <summary>To the device; nothing where it is this machine.</summary>
    public void Upload()
    {
        _ids.Upload();
        _wanted.Upload();
        _lastPositions.Upload();
        _mask.Upload();
    }

    public void Bind(DecoderBinding binding, int rows, int length, int wanted, LoraBank? bank, IReadOnlyList<string> outputs)
    {
        binding.Input("input_ids", binding.Own(_ids.Tensor(TensorElementType.Int64, rows, length)));
        binding.Input("seqlens_k", binding.Own(_lastPositions.Tensor(TensorElementType.Int32, rows)));
        // the one that attention wants on the host
        binding.Input("total_sequence_length", binding.Own(_total.HostTensor(TensorElementType.Int32, 1)));
        binding.Input("logits_indices", binding.Own(_wanted.Tensor(TensorElementType.Int64, wanted)));
        if (bank is not null)
            binding.Input("lora_mask", binding.Own(_mask.Tensor(bank, rows)));
        binding.Output("logits", binding.Own(_logits.Tensor(TensorElementType.Float, wanted, _vocabulary)));
        _hasGreedy = outputs.Contains(Greedy);
        if (_hasGreedy)
            binding.Output(Greedy, binding.Own(_greedy.Tensor(TensorElementType.Int64, wanted)));
    }

    /// <summary>Null where the graph does not look for it. Where it does, no logits are copied.</summary>
    /// <exception cref="InvalidDataException">It is no token: the logits are no numbers.</exception>
    public int? GreedyToken(int row)
    {
        if (!_hasGreedy)
            return null;
        var token = _greedy.Host[row];
        return token >= 0 && token < _vocabulary ? (int)token : throw new InvalidDataException(
            $"The device gives {token} as the likeliest token of {_vocabulary}. Its logits are no numbers: is the model damaged?");
    }

    /// <summary>From the device.</summary>
    public void Download()
    {
        if (_hasGreedy)
            _greedy.Download(0, _wantedMost);
    }

    public Span<float> Logits(int row)
    {
        _logits.Download((long)row * _vocabulary, _vocabulary);
        return new Span<float>(_logits.Host + (long)row * _vocabulary, _vocabulary);
    }

    public void Dispose()
    {
        _ids.Dispose();
        _wanted.Dispose();
        _greedy.Dispose();
        _lastPositions.Dispose();
        _total.Dispose();
        _logits.Dispose();
        _mask.Dispose();
    }
}
