using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// A model folder's continuous graphs in ONNX Runtime, with keys and values that lie still: the graph reads and writes them in place. The
/// graph without adapters runs until the first adapter is mounted, and costs nothing for them.
/// </summary>
internal sealed partial class OrtDecoderDevice : ISourceDevice
{
    private readonly ModelFolder _folder;
    private readonly DecoderDeviceOptions _options;
    private readonly IDeviceMemory _memory;
    private readonly KeyValueLayout _layout;
    private readonly Dictionary<int, DecoderBinding> _steps = [];
    private readonly Dictionary<int, DecoderBinding> _stepsAhead = [];
    private readonly OrtSourceEncoder? _source;
    private InferenceSession _session;
    private HashSet<string> _factors = [];
    private StepBuffers? _buffers;
    private KeyValueCache? _cache;
    private LoraBank? _bank;
    private (bool TakesAdapters, bool Rolls)? _loaded;
    private int _graphs;

    /// <exception cref="InvalidDataException">ONNX Runtime cannot load the graph, or it is not for this device.</exception>
    /// <exception cref="NotSupportedException">The folder has no such graph.</exception>
    public OrtDecoderDevice(ModelFolder folder, DecoderDeviceOptions options)
    {
        (_folder, _options) = (folder, options);
        if (!ContinuousGraphs.IsSupported(folder.Manifest))
            throw new NotSupportedException($"'{folder.FullPath}' has no graph for the continuous engine. Export the model again.");
        // before ONNX Runtime sees it: while its CPU provider loads float16 graphs with optional inputs, it can end the process
        if (options.Device.IsCpu && folder.Manifest.LoraDtype != "fp32")
            throw new InvalidDataException($"'{folder.FullPath}' cannot run on {options.Device}: the model was exported in "
                + $"{folder.Manifest.Precision}, for CUDA; for the CPU export it in fp32.");
        if (!options.Device.IsCpu && folder.Manifest.LoraDtype == "fp32")
            throw new InvalidDataException($"'{folder.FullPath}' cannot run on {options.Device}: the model was exported in "
                + $"{folder.Manifest.Precision}, for the CPU; for CUDA export it in bf16.");
        _memory = options.Device.Cuda is { } number ? new CudaMemory(number) : new HostMemory();
        // what will most likely be asked for
        _session = Load(takesAdapters: folder.Manifest.Adapters.Count > 0, rolling: null);
        CacheEntry[] caches = [.. folder.Decoder.Caches.Where(c => c.Kind == CacheKind.Self)];
        var type = _session.InputMetadata[caches[0].KeyInput].ElementDataType;
        var rolling = options.Rolls ? RollingLayers.Of(folder.Manifest) : null;
        _layout = new KeyValueLayout(caches, type, rolling);
        _source = folder.Decoder.Translation is null ? null : new OrtSourceEncoder(folder, options, _memory, type);
    }

    public string Name => _options.Device.ToString();

    public int Slots => (_cache?.Slots ?? 0) / Beams;

    public int Capacity => _cache?.Capacity ?? 0;

    public int FirstKept(int length) => _cache?.FirstKept(length) ?? 0;

    public MemoryPlan Plan(int slots, int capacity, int? filled)
    {
        var d = _folder.Manifest.Dimensions;
        var rows = slots * Beams;
        var tokens = Math.Max(_options.PrefillTokens, rows);
        var attention = (long)d.NumAttentionHeads * tokens * capacity;
        // heads as wide as the operator wants them, which is how wide the caches are
        var perToken = 4L * d.IntermediateSize + 6L * d.HiddenSize + 3L * d.NumAttentionHeads * _layout.Caches[0].HeadDim;
        var sources = _source?.Bytes(slots) ?? 0;
        return new MemoryPlan
        {
            Device = Name,
            Slots = slots,
            Capacity = capacity,
            CacheBytes = rows * _layout.SlotBytes(capacity) + sources,
            FilledBytes = rows * _layout.FilledBytes(capacity, _memory.IsSparse ? filled ?? capacity : capacity) + sources,
            LogitsBytes = Wanted(rows) * (long)d.VocabSize * sizeof(float) * (_memory.IsHost ? 1 : 2),
            WorkBytes = (tokens * perToken + attention) * sizeof(float),
            AdapterBytes = _bank?.Bytes ?? 0,
            PrefixBytes = 0,
            FreeBytes = _memory.FreeBytes,
        };
    }

    public void Reserve(int slots, int capacity, int keep) => Guard("make room", () =>
    {
        var rows = slots * Beams;
        var cache = new KeyValueCache(_memory, _layout, rows, capacity);
        StepBuffers? buffers = null;
        try
        {
            var (wanted, vocabulary) = (Wanted(rows), _folder.Manifest.Dimensions.VocabSize);
            buffers = new StepBuffers(
                _memory, Math.Max(wanted, _options.PrefillTokens), rows, wanted, vocabulary, _layout.Type);
            for (var row = 0; row < Math.Min(keep, slots) * Beams; row++)
                cache.TakeSlot(_cache!, row);
            _source?.Reserve(slots, keep);
        }
        catch
        {
            buffers?.Dispose();
            cache.Dispose();
            throw;
        }
        Forget();
        _buffers?.Dispose();
        _cache?.Dispose();
        (_buffers, _cache) = (buffers, cache);
    });

    public void Mount(IReadOnlyList<LaneAdapter> adapters) => Guard("mount adapters", () =>
    {
        if (_bank is null && adapters.Count == 0)
            return;
        var bank = new LoraBank(_memory, _folder.Manifest.LoraSlots, _layout.Type, adapters);
        Forget();
        Reload(takesAdapters: true, _cache?.Rolls ?? false);
        _bank?.Dispose();
        _bank = bank;
    });

    public void Prefill(int slot, int past, ReadOnlySpan<int> tokens, int lane, int wanted)
    {
        var buffers = _buffers!;
        buffers.WriteTokens(tokens);
        buffers.WriteLengths([past + tokens.Length - 1], past + tokens.Length);
        buffers.WriteWanted(tokens.Length - wanted, wanted);
        if (_bank is not null)
            buffers.WriteMask(_bank, [lane]);
        buffers.Upload();
        var length = tokens.Length;
        Guard(wanted > 1 ? "run a step of several tokens" : "read a prompt", () =>
        {
            if (wanted > 1 && slot == 0)
            {
                // steps of a row alone, of which there are few shapes
                if (!_stepsAhead.TryGetValue(length, out var step))
                    _stepsAhead.Add(length, step = Bind(firstRow: 0, 1, length, wanted));
                step.Run("-1");
            }
            else
            {
                using var binding = Bind(slot * Beams, 1, length, wanted);
                // shapes of prompts differ: nothing to record
                binding.Run("-1");
            }
            if (wanted > 0)
                buffers.Download();
        });
    }

    public void Decode(ReadOnlySpan<StepRow> rows)
    {
        var buffers = _buffers!;
        _source?.UploadLengths();
        // attention reads this number on the host, so that a recording keeps what it was
        int? total = _options.RecordsSteps ? Capacity : null;
        var wanted = buffers.WriteStep(rows, _bank, total);
        buffers.Upload();
        var count = rows.Length;
        Guard("run a step", () =>
        {
            if (wanted != count)
            {
                // while a long prompt is read: too many different ones to keep
                using var once = Bind(firstRow: 0, count, length: 1, wanted);
                once.Run("-1");
            }
            else
            {
                if (!_steps.TryGetValue(count, out var binding))
                    _steps.Add(count, binding = Bind(firstRow: 0, count, length: 1, wanted));
                binding.Run(binding.GraphId);
            }
            buffers.Download();
        });
    }

    public int? Greedy(int row) => _buffers!.GreedyToken(row);

    public Span<float> Logits(int row) => _buffers!.Logits(row);

    public void CopySlot(int from, int to, int length)
    {
        for (var beam = 0; beam < Beams; beam++)
            _cache!.CopySlot(from * Beams + beam, to * Beams + beam, length);
        _source?.CopySlot(from, to);
    }

    public void Trim(int slot, int length)
    {
        for (var beam = 0; beam < Beams; beam++)
            _cache!.Trim(slot * Beams + beam, length);
    }

    public IStoredPrefix Store(int slot, int length) => _cache!.Store(slot, length);

    public void Load(IStoredPrefix prefix, int slot, int length) => _cache!.Load((StoredPrefix)prefix, slot, length);

    public void Dispose()
    {
        Forget();
        _session.Dispose();
        _source?.Dispose();
        _bank?.Dispose();
        _cache?.Dispose();
        _buffers?.Dispose();
        _memory.Dispose();
    }

    private void Reload(bool takesAdapters, bool rolls)
    {
        if (_loaded == (takesAdapters, rolls))
            return;
        // one after the other, so that the weights are not there twice
        _session.Dispose();
        _loaded = null;
        _session = Load(takesAdapters, rolls ? _layout.Rolling : null);
    }

    private InferenceSession Load(bool takesAdapters, RollingLayers? rolling)
    {
        var path = ContinuousGraphs.File(_folder, takesAdapters, rolls: rolling is not null);
        using var options = _options.Session();
        var session = ContinuousGraphs.Checked(Open(path, options, _options.Device), path, _folder.Decoder.Caches, rolling);
        _loaded = (takesAdapters, rolling is not null);
        _factors = [.. session.OverridableInitializerMetadata.Keys];
        return session;
    }

    private DecoderBinding Bind(int firstRow, int rows, int length, int wanted)
    {
        Reload(takesAdapters: _bank is not null, _cache!.Rolls);
        var binding = new DecoderBinding(_session, $"{++_graphs}");
        try
        {
            _buffers!.Bind(binding, rows, length, wanted, _bank, _session.OutputNames);
            for (var i = 0; i < _layout.Buffers; i++)
            {
                var (input, output) = _layout.Names(i);
                var cache = binding.Own(_cache!.View(i, firstRow, rows));
                binding.Input(input, cache);
                if (output is not null)
                    binding.Output(output, cache);
            }
            foreach (var (name, value) in (_bank?.Inputs ?? []).Where(i => _factors.Contains(i.Name)))
                binding.Input(name, value);
            _source?.Bind(binding, firstRow / Beams, Math.Max(1, rows / Beams));
            return binding;
        }
        catch
        {
            binding.Dispose();
            throw;
        }
    }

    /// <summary>What was bound to memory that goes.</summary>
    private void Forget()
    {
        foreach (var step in _steps.Values.Concat(_stepsAhead.Values))
            step.Dispose();
        _steps.Clear();
        _stepsAhead.Clear();
    }

    /// <summary>Most tokens whose logits a call gives.</summary>
    private int Wanted(int rows) => Math.Max(rows, _options.PromptLookupTokens + 1);

    private void Guard(string what, Action action)
    {
        try
        {
            action();
        }
        catch (OnnxRuntimeException e)
        {
            string[] signs = ["failed to allocate", "bad_alloc", "bad allocation", "out of memory", "alloc_failed"];
            if (signs.Any(s => e.Message.Contains(s, StringComparison.OrdinalIgnoreCase)))
                throw new DeviceMemoryException($"{Name} has not enough memory to {what}: {e.Message}", e);
            throw new DeviceFailedException($"{Name} failed to {what}: {e.Message}", e);
        }
    }
}
