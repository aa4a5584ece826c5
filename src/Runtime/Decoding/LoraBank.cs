using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// The factors of several adapters side by side along the rank, A = [A₁ A₂ …] and B = [B₁; B₂; …], in the memory of a device. A mask of
/// ones and zeros on x A makes each row see those of its lane alone; the others' products are exactly zero. An adapter takes as many ranks
/// in every module as in its largest, the rest zeros.
/// </summary>
internal sealed class LoraBank : IDisposable
{
    private readonly IDeviceMemory _memory;
    private readonly TensorElementType _type;
    private readonly List<nint> _addresses = [];
    private readonly List<(string Name, OrtValue Value)> _inputs = [];

    /// <param name="slots">Linear modules of the model.</param>
    /// <param name="type">Of the graph's inputs.</param>
    /// <exception cref="InvalidDataException">A file does not fit the modules.</exception>
    public LoraBank(IDeviceMemory memory, IReadOnlyList<LoraSlot> slots, TensorElementType type, IReadOnlyList<LaneAdapter> adapters)
    {
        (_memory, _type) = (memory, type);
        var lanes = new List<Lane>();
        foreach (var adapter in adapters)
        {
            var lane = new Lane(adapter, Rank, slots, (int)type);
            lanes.Add(lane);
            Rank += lane.Rank;
        }
        Lanes = [.. lanes.Select(l => (l.FirstRank, l.Rank))];
        try
        {
            foreach (var slot in slots)
            {
                Add(slot.Name + ".lora_A.weight", [slot.InFeatures, Rank], lanes);
                Add(slot.Name + ".lora_B.weight", [Rank, slot.OutFeatures], lanes);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Width of the mask.</summary>
    public int Rank { get; }

    public IReadOnlyList<(int FirstRank, int Rank)> Lanes { get; }

    public long Bytes { get; private set; }

    /// <summary>Two for each module of the model.</summary>
    public IReadOnlyList<(string Name, OrtValue Value)> Inputs => _inputs;

    public void Dispose()
    {
        foreach (var (_, value) in _inputs)
            value.Dispose();
        _inputs.Clear();
        foreach (var address in _addresses)
            _memory.Free(address);
        _addresses.Clear();
    }

    private void Add(string name, long[] dims, List<Lane> lanes)
    {
        var elementBytes = _type == TensorElementType.Float ? sizeof(float) : sizeof(ushort);
        var bytes = new byte[dims[0] * dims[1] * elementBytes];
        foreach (var lane in lanes)
            lane.CopyTo(name, bytes, (int)dims[1] * elementBytes, elementBytes);
        var address = _memory.Allocate(bytes.Length);
        _addresses.Add(address);
        _memory.Upload(bytes, address);
        _inputs.Add((name, OrtValue.CreateTensorValueWithData(_memory.Info, _type, dims, address, bytes.Length)));
        Bytes += bytes.Length;
    }

    /// <summary>One adapter and its ranks in the bank.</summary>
    private sealed class Lane
    {
        private const string ASuffix = ".lora_A.weight";

        private readonly OnnxAdapterFile _file;
        private readonly Dictionary<string, OnnxAdapterParameter> _parameters;

        public Lane(LaneAdapter adapter, int firstRank, IReadOnlyList<LoraSlot> slots, int type)
        {
            FirstRank = firstRank;
            _file = OnnxAdapterFile.Read(adapter.File);
            _parameters = _file.Parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);
            Check(adapter, slots, type);
            Rank = _file.Parameters.Where(p => p.Name.EndsWith(ASuffix, StringComparison.Ordinal))
                .Select(p => checked((int)p.Dims[1])).DefaultIfEmpty().Max();
        }

        public int FirstRank { get; }

        public int Rank { get; }

        /// <summary>A: columns of each row of the bank. B: rows of the bank.</summary>
        /// <param name="rowBytes">Of the bank.</param>
        public void CopyTo(string name, byte[] bank, int rowBytes, int elementBytes)
        {
            if (!_parameters.TryGetValue(name, out var parameter))
                return;
            ReadOnlySpan<byte> bytes = _file.ReadBytes(parameter);
            if (!name.EndsWith(ASuffix, StringComparison.Ordinal))
            {
                bytes.CopyTo(bank.AsSpan(FirstRank * rowBytes));
                return;
            }
            var width = (int)parameter.Dims[1] * elementBytes;
            for (var row = 0; row < parameter.Dims[0]; row++)
                bytes.Slice(row * width, width).CopyTo(bank.AsSpan(row * rowBytes + FirstRank * elementBytes));
        }

        private void Check(LaneAdapter adapter, IReadOnlyList<LoraSlot> slots, int type)
        {
            var expected = new Dictionary<string, (int Axis, long Size)>(StringComparer.Ordinal);
            foreach (var slot in slots)
            {
                expected[slot.Name + ASuffix] = (0, slot.InFeatures);
                expected[slot.Name + ".lora_B.weight"] = (1, slot.OutFeatures);
            }
            foreach (var parameter in _file.Parameters)
            {
                if (!expected.TryGetValue(parameter.Name, out var fit))
                    throw Unfit(adapter, parameter, "the model has no such input");
                if (parameter.DataType != type)
                    throw Unfit(adapter, parameter, $"its data type is {parameter.DataType}, the model's is {type}");
                if (parameter.Dims.Count != 2 || parameter.Dims[fit.Axis] != fit.Size)
                    throw Unfit(adapter, parameter,
                        $"its shape is [{string.Join(", ", parameter.Dims)}], and dimension {fit.Axis} must be {fit.Size}");
            }
            foreach (var slot in slots)
            {
                var (a, b) = (Rank(slot.Name + ASuffix, 1), Rank(slot.Name + ".lora_B.weight", 0));
                if (a != b)
                    throw new InvalidDataException($"Adapter '{adapter.Name}' ('{adapter.File}') has rank {a} in A and {b} in B of "
                        + $"'{slot.Name}'. Export the adapter again.");
            }

            long Rank(string name, int axis) => _parameters.TryGetValue(name, out var p) ? p.Dims[axis] : 0;
        }

        private static InvalidDataException Unfit(LaneAdapter adapter, OnnxAdapterParameter parameter, string why) => new(
            $"Adapter '{adapter.Name}' ('{adapter.File}') does not fit this model: '{parameter.Name}': {why}. Export the adapter again.");
    }
}
