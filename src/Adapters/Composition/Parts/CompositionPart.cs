using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Adapters;

/// <summary>A PEFT folder that is to be composed, whatever its base: modules by their path, each with its factors or its vector.</summary>
internal sealed partial class CompositionPart : IDisposable
{
    public const string Lora = "LORA";
    public const string Ia3 = "IA3";

    private readonly ITensorFile? _file;
    private readonly List<string> _reasons;
    private readonly Dictionary<string, SafetensorsTensor> _a = [];
    private readonly Dictionary<string, SafetensorsTensor> _b = [];

    /// <summary>Reads what can be read and adds a reason for everything that cannot.</summary>
    public CompositionPart(string name, string folder, List<string> reasons)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The adapter folder '{folder}' of '{name}' does not exist.");
        (Name, Folder) = (name, folder);
        _reasons = [];
        var configPath = Path.Combine(folder, PeftAdapter.ConfigFile);
        if (!System.IO.File.Exists(configPath))
            throw new FileNotFoundException($"'{folder}' is no PEFT adapter: it has no {PeftAdapter.ConfigFile}.", configPath);
        var config = ConfigReader.Open(configPath);
        using (var document = UntrustedJson.Parse(configPath))
            Settings = JsonObject.Create(document.RootElement.Clone())!;
        ConfigSha256 = Hash(configPath);
        BaseModel = Attempt(() => config.OptionalString("base_model_name_or_path"));
        PeftType = Attempt(() => config.OptionalString("peft_type")) ?? "";
        _file = PeftAdapter.OpenWeights(folder, _reasons);
        Read(config);
        reasons.AddRange(_reasons.Select(r => $"{name}: {r}"));
    }

    public string Name { get; }
    public string Folder { get; }
    public string PeftType { get; }
    public string? BaseModel { get; }
    public string ConfigSha256 { get; }
    public JsonObject Settings { get; }

    /// <summary>Path within the base → factors, in the order of the file; empty for (IA)³.</summary>
    public OrderedDictionary<string, PartModule> Modules { get; } = [];

    /// <summary>Path within the base → (IA)³'s vector; empty for LoRA.</summary>
    public OrderedDictionary<string, SafetensorsTensor> Vectors { get; } = [];

    public ITensorFile File => _file!;

    public string WeightsSha256() => Hash(File.Path);

    /// <summary>Values as float64, in the order of the file.</summary>
    public double[] ReadDoubles(SafetensorsTensor tensor) => Array.ConvertAll(File.ReadFloat32(tensor.Name), v => (double)v);

    public void Dispose() => _file?.Dispose();

    private static string Hash(string path)
    {
        using var stream = System.IO.File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private string? Attempt(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            _reasons.Add(e.Message);
            return null;
        }
    }

    private void Read(ConfigReader config)
    {
        if (PeftType == Ia3)
        {
            if (config.Find("modules_to_save") is not null)
                _reasons.Add($"{config.Describe("modules_to_save")}: whole modules cannot be composed.");
            foreach (var tensor in _file?.Tensors.Values ?? [])
                ReadVector(tensor);
        }
        else
        {
            var peft = new PeftAdapterConfig(config, _reasons);
            if (PeftType != Lora || _file is null)
                return;
            foreach (var tensor in _file.Tensors.Values)
                SortFactor(tensor);
            try
            {
                PairFactors(peft);
            }
            catch (RegexMatchTimeoutException e)
            {
                _reasons.Add($"{PeftAdapter.ConfigFile}: the regular expression '{e.Pattern}' takes too long to match.");
            }
        }
        if (_file is not null && Modules.Count + Vectors.Count == 0 && _reasons.Count == 0)
            _reasons.Add($"'{_file.Path}' holds no factors: it would change nothing.");
    }

    private void ReadVector(SafetensorsTensor tensor)
    {
        var match = VectorKey().Match(tensor.Name);
        if (!match.Success)
            _reasons.Add($"'{tensor.Name}' is no (IA)³ vector (ia3_l) and cannot be composed.");
        else if (CanBeRead(tensor) && !Vectors.TryAdd(match.Groups["path"].Value, tensor))
            _reasons.Add($"'{tensor.Name}' is a second vector for its module.");
    }

    private void SortFactor(SafetensorsTensor tensor)
    {
        var match = FactorKey().Match(tensor.Name);
        if (!match.Success)
        {
            var kind = PeftTensorKey.Parse(tensor.Name).Refuse ?? "no factor of a linear module";
            _reasons.Add($"'{tensor.Name}' cannot be composed: {kind}.");
            return;
        }
        var factors = match.Groups["factor"].Value == "A" ? _a : _b;
        if (CanBeRead(tensor) && !factors.TryAdd(match.Groups["path"].Value, tensor))
            _reasons.Add($"'{tensor.Name}' is a second factor for a module that has its factors already.");
    }

    private void PairFactors(PeftAdapterConfig config)
    {
        foreach (var (path, a) in _a)
        {
            if (!_b.TryGetValue(path, out var b))
            {
                _reasons.Add($"'{a.Name}' is lora_A without its lora_B.");
                continue;
            }
            var rank = config.RankOf(path);
            if (a.Shape.Count != 2 || b.Shape.Count != 2)
                _reasons.Add($"'{path}' has factors of shapes {a.ShapeText} and {b.ShapeText}; only linear modules, [r, in] and [out, r], "
                    + "can be composed.");
            else if (a.Shape[0] != rank || b.Shape[1] != rank)
                _reasons.Add($"'{path}' has factors of shapes {a.ShapeText} and {b.ShapeText} where r or rank_pattern says rank {rank}.");
            else if (config.HasTarget && !config.Selects(path))
                _reasons.Add($"'{path}' is in the file and left out by target_modules, exclude_modules or layers_to_transform.");
            else
                Modules.Add(path, new PartModule(path, a, b, rank, config.ScaleOf(path)));
        }
        _reasons.AddRange(_b.Where(b => !_a.ContainsKey(b.Key)).Select(b => $"'{b.Value.Name}' is lora_B without its lora_A."));
    }

    private bool CanBeRead(SafetensorsTensor tensor)
    {
        if (!FloatConversion.IsSupported(tensor.DType))
            _reasons.Add($"'{tensor.Name}' has type {tensor.DType}; F32, F16 and BF16 are supported.");
        else if (File.FirstNonFinite(tensor) is { } at)
            _reasons.Add($"'{tensor.Name}' has a value that is not finite (NaN or infinite), the first at {at}.");
        else
            return true;
        return false;
    }

    [GeneratedRegex(@"^(?:base_model\.model\.)?(?<path>.+)\.lora_(?<factor>[AB])(?:\.[^.]+)?\.weight$", RegexOptions.CultureInvariant)]
    private static partial Regex FactorKey();

    [GeneratedRegex(@"^(?:base_model\.model\.)?(?<path>.+)\.ia3_l(?:\.[^.]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex VectorKey();
}

/// <summary>A module's factors as they lie in the file of a part.</summary>
/// <param name="Path">Within the base, as the file has it.</param>
/// <param name="A">[rank, in]</param>
/// <param name="B">[out, rank]</param>
/// <param name="Scale">alpha / r, or alpha / √r with rsLoRA.</param>
internal sealed record PartModule(string Path, SafetensorsTensor A, SafetensorsTensor B, int Rank, double Scale)
{
    public int In => checked((int)A.Shape[1]);
    public int Out => checked((int)B.Shape[0]);
}
