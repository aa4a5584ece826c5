
namespace XlLoraOnnx.Exporter;

/// <param name="FirstRank">Its ranks in the bank are FirstRank to FirstRank + Rank − 1, in every module.</param>
internal sealed record BankMember(string Name, OnnxAdapterFile File, int FirstRank, int Rank);

/// <summary>
/// Several exported adapters side by side along the rank: A = [A₁ A₂ …], B = [B₁; B₂; …]. Times a mask of ones and zeros on
/// x A, each row of a batch sees one of them, and Σ of the others' products is exactly zero. An adapter takes as many ranks in every
/// module as in its largest, the rest zeros, so that one mask fits all modules; a module that it leaves alone is zeros.
/// </summary>
internal sealed class AdapterBank
{
    private readonly IReadOnlyList<BankMember> _members;
    private readonly Dictionary<(string Adapter, string Tensor), OnnxAdapterParameter> _parameters = [];
    private readonly int _elementBytes;

    /// <param name="adapters">Name and file, in the order of the bank.</param>
    /// <param name="type">Of all factors.</param>
    public AdapterBank(IEnumerable<(string Name, OnnxAdapterFile File)> adapters, OnnxType type)
    {
        Type = type;
        _elementBytes = type.Bytes();
        var members = new List<BankMember>();
        foreach (var (name, file) in adapters)
        {
            foreach (var parameter in file.Parameters)
                Add(name, file, parameter);
            var rank = file.Parameters.Where(IsA).Max(p => checked((int)p.Dims[1]));
            members.Add(new BankMember(name, file, members.Sum(m => m.Rank), rank));
        }
        _members = members;
        Rank = members.Sum(m => m.Rank);
    }

    public OnnxType Type { get; }

    /// <summary>Width of the mask.</summary>
    public int Rank { get; }

    public IReadOnlyList<BankMember> Members => _members;

    public IReadOnlyList<OnnxAdapterTensor> Tensors(IReadOnlyList<LoraSlot> slots)
    {
        var tensors = new List<OnnxAdapterTensor>();
        foreach (var slot in slots)
        {
            var (a, b) = (slot.Name + ".lora_A.weight", slot.Name + ".lora_B.weight");
            tensors.Add(new OnnxAdapterTensor(a, [slot.InFeatures, Rank], SourceOfA(a, slot.InFeatures), Type));
            tensors.Add(new OnnxAdapterTensor(b, [Rank, slot.OutFeatures], SourceOfB(b, slot.OutFeatures), Type));
        }
        return tensors;
    }

    private static bool IsA(OnnxAdapterParameter parameter) => parameter.Name.EndsWith(".lora_A.weight", StringComparison.Ordinal);

    private void Add(string name, OnnxAdapterFile file, OnnxAdapterParameter parameter)
    {
        if (parameter.DataType != (int)Type)
            throw new InvalidDataException(
                $"'{file.Path}': '{parameter.Name}' has data type {parameter.DataType}; this model's adapters have {(int)Type}.");
        _parameters.Add((name, parameter.Name), parameter);
    }

    /// <summary>[in, R]: each row is the rows of the members side by side.</summary>
    private TensorSource SourceOfA(string tensor, int inFeatures) => new(inFeatures, Rank * _elementBytes, (firstRow, rows, destination) =>
    {
        destination[..(rows * Rank * _elementBytes)].Clear();
        foreach (var member in _members)
        {
            if (!_parameters.TryGetValue((member.Name, tensor), out var parameter))
                continue;
            var width = checked((int)parameter.Dims[1]) * _elementBytes;
            var bytes = member.File.ReadBytes(parameter);
            for (var row = 0; row < rows; row++)
            {
                var target = destination[((row * Rank + member.FirstRank) * _elementBytes)..];
                bytes.AsSpan(checked((int)(firstRow + row) * width), width).CopyTo(target);
            }
        }
    });

    /// <summary>[R, out]: the rows of the members one after the other.</summary>
    private TensorSource SourceOfB(string tensor, int outFeatures) => new(
        Rank, outFeatures * _elementBytes, (firstRow, rows, destination) =>
    {
        var rowBytes = outFeatures * _elementBytes;
        destination[..(rows * rowBytes)].Clear();
        foreach (var member in _members)
        {
            if (!_parameters.TryGetValue((member.Name, tensor), out var parameter))
                continue;
            var bytes = member.File.ReadBytes(parameter);
            for (var row = 0; row < rows; row++)
            {
                var inMember = firstRow + row - member.FirstRank;
                if (inMember >= 0 && inMember < parameter.Dims[0])
                    bytes.AsSpan(checked((int)inMember * rowBytes), rowBytes).CopyTo(destination[(row * rowBytes)..]);
            }
        }
    });
}
