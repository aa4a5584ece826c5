using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// The graph that reads texts, and the keys and values of cross attention that it gives, a place for each slot. They are computed once
/// for a text, and again for whatever adapter reads it.
/// </summary>
internal sealed unsafe class OrtSourceEncoder : IDisposable
{
    /// <summary>Places grow in pieces of so many positions.</summary>
    private const int CapacityStep = 16;

    private readonly ModelFolder _folder;
    private readonly DecoderDeviceOptions _options;
    private readonly IDeviceMemory _memory;
    private readonly KeyValueLayout _layout;
    private InferenceSession _session;
    private HashSet<string> _factors = [];
    private bool _takesAdapters;
    private KeyValueCache? _cache;
    private MirroredBuffer<long>? _lengths, _oneLength;
    private int _capacity = 2 * CapacityStep;

    public OrtSourceEncoder(ModelFolder folder, DecoderDeviceOptions options, IDeviceMemory memory, TensorElementType type)
    {
        (_folder, _options, _memory) = (folder, options, memory);
        _layout = new KeyValueLayout([.. folder.Decoder.Caches.Where(c => c.Kind == CacheKind.Cross)], type);
        _session = Load(takesAdapters: folder.Manifest.Adapters.Count > 0);
    }

    /// <summary>Of the places of so many slots.</summary>
    public long Bytes(int slots) => slots * _layout.SlotBytes(_capacity);

    /// <summary>Makes places for so many slots; those of the first stay.</summary>
    public void Reserve(int slots, int keep) => Replace(slots, _capacity, keep);

    /// <summary>Whether places have to grow, and move, for a text of so many tokens.</summary>
    public bool MustGrow(int length) => length > _capacity;

    /// <summary>Whatever was bound to the places is bound to nothing then.</summary>
    public void Grow(int length)
    {
        var capacity = Math.Min(_folder.Decoder.Translation!.MaxSourceLength, (length + CapacityStep - 1) / CapacityStep * CapacityStep);
        Replace(_cache!.Slots, Math.Max(capacity, length), _cache.Slots);
    }

    /// <param name="bank">Null for the graph without adapters.</param>
    public void Encode(IReadOnlyList<SourceRow> rows, LoraBank? bank)
    {
        Reload(takesAdapters: bank is not null);
        var width = rows.Max(r => r.Ids.Length);
        var type = _layout.Type;
        using var ids = new MirroredBuffer<long>(_memory, (long)rows.Count * width);
        using var mask = new MirroredBuffer<long>(_memory, (long)rows.Count * width);
        using var lanes = new LaneMask(_memory, rows.Count, type);
        for (var row = 0; row < rows.Count; row++)
        {
            for (var i = 0; i < width; i++)
            {
                var isText = i < rows[row].Ids.Length;
                ids.Host[row * width + i] = isText ? rows[row].Ids[i] : _folder.Tokens.PadTokenId;
                mask.Host[row * width + i] = isText ? 1 : 0;
            }
            if (bank is not null)
                lanes.Write(bank, row, rows[row].Lane);
        }
        ids.Upload();
        mask.Upload();
        lanes.Upload();
        using var binding = new DecoderBinding(_session, "-1");
        binding.Input("input_ids", binding.Own(ids.Tensor(TensorElementType.Int64, rows.Count, width)));
        binding.Input("attention_mask", binding.Own(mask.Tensor(TensorElementType.Int64, rows.Count, width)));
        if (bank is not null)
        {
            binding.Input("lora_mask", binding.Own(lanes.Tensor(bank, rows.Count)));
            foreach (var (name, value) in bank.Inputs.Where(i => _factors.Contains(i.Name)))
                binding.Input(name, value);
        }
        Run(binding, rows, width);
    }

    public void CopySlot(int from, int to)
    {
        _cache!.CopySlot(from, to, _capacity);
        _lengths!.Host[to] = _lengths.Host[from];
    }

    /// <summary>What a run of the decoder sees of the places from a slot on.</summary>
    public void Bind(DecoderBinding binding, int firstSlot, int slots)
    {
        for (var i = 0; i < _layout.Buffers; i++)
            binding.Input(_layout.Names(i).Input, binding.Own(_cache!.View(i, firstSlot, slots)));
        var lengths = _lengths!;
        if (firstSlot > 0)
        {
            lengths = _oneLength!;
            lengths.Host[0] = _lengths!.Host[firstSlot];
        }
        lengths.Upload();
        binding.Input("source_lengths", binding.Own(lengths.Tensor(TensorElementType.Int64, slots)));
    }

    /// <summary>Before a run that was bound earlier.</summary>
    public void UploadLengths() => _lengths!.Upload();

    public void Dispose()
    {
        _session.Dispose();
        _cache?.Dispose();
        _lengths?.Dispose();
        _oneLength?.Dispose();
    }

    private void Run(DecoderBinding binding, IReadOnlyList<SourceRow> rows, int width)
    {
        var addresses = new nint[_layout.Buffers];
        try
        {
            for (var i = 0; i < addresses.Length; i++)
            {
                var cache = _layout.CacheOf(i);
                var bytes = rows.Count * cache.Heads * width * _layout.RowBytes(cache);
                addresses[i] = _memory.Allocate(bytes);
                binding.Output(_layout.Names(i).Input, binding.Own(OrtValue.CreateTensorValueWithData(
                    _memory.Info, _layout.Type, [rows.Count, cache.Heads, width, cache.HeadDim], addresses[i], bytes)));
            }
            binding.Run("-1");
            for (var i = 0; i < addresses.Length; i++)
            {
                var cache = _layout.CacheOf(i);
                var pitch = width * _layout.RowBytes(cache);
                for (var row = 0; row < rows.Count; row++)
                    _cache!.Write(i, rows[row].Slot, addresses[i] + (nint)(row * cache.Heads * pitch), pitch, rows[row].Ids.Length);
            }
            _memory.Finish();
        }
        finally
        {
            foreach (var address in addresses.Where(a => a != 0))
                _memory.Free(address);
        }
        foreach (var row in rows)
            _lengths!.Host[row.Slot] = row.Ids.Length;
    }

    private void Replace(int slots, int capacity, int keep)
    {
        var cache = new KeyValueCache(_memory, _layout, slots, capacity);
        try
        {
            var lengths = new MirroredBuffer<long>(_memory, slots);
            for (var slot = 0; slot < Math.Min(keep, slots); slot++)
            {
                cache.TakeSlot(_cache!, slot);
                lengths.Host[slot] = _lengths!.Host[slot];
            }
            _lengths?.Dispose();
            _lengths = lengths;
            _oneLength ??= new MirroredBuffer<long>(_memory, 1);
        }
        catch
        {
            cache.Dispose();
            throw;
        }
        _cache?.Dispose();
        (_cache, _capacity) = (cache, capacity);
    }

    private void Reload(bool takesAdapters)
    {
        if (takesAdapters == _takesAdapters)
            return;
        // one after the other, so that the weights are not there twice
        _session.Dispose();
        _session = Load(takesAdapters);
    }

    private InferenceSession Load(bool takesAdapters)
    {
        var path = Path.Combine(_folder.FullPath, _folder.Manifest.Graphs[GraphRoles.ForEncoder(takesAdapters)]);
        using var options = _options.Session();
        var session = OrtDecoderDevice.Open(path, options, _options.Device);
        _takesAdapters = takesAdapters;
        _factors = [.. session.OverridableInitializerMetadata.Keys];
        return session;
    }
}
