using System.Text.RegularExpressions;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// A run folder of FLARE as its trainer saves it: the state dict of the whole model in one pickle or several, config.json, and
/// results_test.json with the options of the run; or a folder of <see cref="FlareFolder"/>, which holds its adapter alone. Sorted into what
/// is the model's, the adapter's and the task's; every key is one of them, or the run is refused.
/// </summary>
internal sealed partial class FlareRun : IDisposable
{
    public const string ResultsFile = "results_test.json";

    /// <summary>What the run of a task alone calls its adapter; the next run merges it into the base.</summary>
    public const string TaskAdapter = "lora";

    private readonly OrderedDictionary<string, FlareModule> _modules = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, FlareTensor> _base = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, FlareTensor> _head = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wrapped = new(StringComparer.Ordinal);

    /// <exception cref="FileNotFoundException">There are no weights, or a shard is missing.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or parts of the run do not fit one another.</exception>
    /// <exception cref="NotSupportedException">It holds something else than a run of FLARE, a pickle something else than tensors.</exception>
    public static FlareRun Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The run folder '{folder}' does not exist.");
        var alone = FlareFolder.IsOne(folder) ? new FlareFolderSettings(folder) : null;
        var files = alone is null ? OpenFiles(folder) : OpenAlone(folder);
        try
        {
            return new FlareRun(folder, files, alone);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Whether the tensors of a checkpoint are named as a run names them.</summary>
    public static bool IsOne(CheckpointFiles checkpoint) =>
        checkpoint.Tensors.Any(t => t.Tensor.Name.StartsWith(FlareKey.Model, StringComparison.Ordinal));

    public string Folder { get; }

    public CheckpointFiles Files { get; }

    /// <summary>What the keys call the adapter.</summary>
    public string Adapter { get; }

    /// <summary>What the folder of an adapter alone says; null for a run.</summary>
    public FlareFolderSettings? Alone { get; }

    /// <summary>Of its options, whatever the name of the file; null where it is not there.</summary>
    public ConfigReader? Results { get; }

    /// <summary>Where lora_alpha stands; null where the file is not there.</summary>
    public ConfigReader? Lora => Alone?.Lora ?? Results;

    /// <summary>What <see cref="Results"/> is called.</summary>
    public string Recorded => Alone is null ? ResultsFile : FlareFolder.ConfigFile;

    /// <summary>Adapted modules in the order of the model, by their names in the model alone.</summary>
    public IReadOnlyDictionary<string, FlareModule> Modules => _modules;

    /// <summary>Tensors of the model by the names that it has without adapters; 4-bit ones as float32.</summary>
    public IReadOnlyDictionary<string, FlareTensor> Base => _base;

    /// <summary>Heads and projections by their names.</summary>
    public IReadOnlyDictionary<string, FlareTensor> Head => _head;

    /// <summary>Whether a tensor of <see cref="Base"/> is of an adapted module.</summary>
    public bool IsWrapped(string name) => _wrapped.Contains(name);

    /// <summary>Whether the run holds the weight of a module itself, with what was merged before.</summary>
    public bool HoldsWeightOf(string module) => _wrapped.Contains(module + ".weight");

    public void Dispose() => Files.Dispose();

    private FlareRun(string folder, CheckpointFiles files, FlareFolderSettings? alone)
    {
        (Folder, Files, Alone) = (folder, files, alone);
        var results = Path.Combine(folder, ResultsFile);
        Results = alone?.Flare ?? (File.Exists(results) ? ConfigReader.Open(results) : null);
        var byName = new Dictionary<string, (ITensorFile File, SafetensorsTensor Tensor)>(StringComparer.Ordinal);
        foreach (var found in files.Tensors)
        {
            if (!byName.TryAdd(found.Tensor.Name, found))
                throw new InvalidDataException($"'{folder}' holds '{found.Tensor.Name}' in two shards. Copy the run again.");
        }
        var (adapters, unknown) = (new HashSet<string>(StringComparer.Ordinal), new List<string>());
        foreach (var (file, tensor) in files.Tensors)
        {
            if ((alone is null ? FlareKey.Parse(tensor.Name) : FlareKey.ParsePeft(tensor.Name, alone.Adapter)) is { } key)
                Sort(key, new FlareTensor(file, tensor), byName, adapters);
            else
                unknown.Add(tensor.Name);
        }
        if (unknown.Count > 0)
            throw new NotSupportedException($"'{folder}' holds {unknown.Count} tensors that are none of a run of FLARE, whose names begin "
                + $"with '{(alone is null ? FlareKey.Model : FlareFolder.Prefix)}' or 'proj.': {string.Join(", ", unknown.Take(3))}. Give "
                + "the folder that its trainer wrote.");
        if (adapters.Count != 1)
            throw new NotSupportedException(adapters.Count == 0
                ? $"'{folder}' holds no factors of an adapter (keys with .lora_A. and .lora_B.): it is no run of FLARE."
                : $"'{folder}' holds {adapters.Count} adapters: {string.Join(", ", adapters.Order(StringComparer.Ordinal))}. A run has one.");
        Adapter = adapters.First();
        foreach (var (name, module) in _modules)
            module.Check(name);
        foreach (var tensor in _head.Values)
            FlareModule.CheckHead(tensor);
        alone?.Check(this);
    }

    private void Sort(FlareKey key, FlareTensor tensor, Dictionary<string, (ITensorFile File, SafetensorsTensor Tensor)> byName,
        HashSet<string> adapters)
    {
        switch (key.Part)
        {
            case FlarePart.Head:
                _head.Add(key.Name, tensor);
                break;
            case FlarePart.Attention:
                var at = key.Name.IndexOf(FlareKey.CrossAttention, StringComparison.Ordinal);
                Module(key.Name[..at]).Attention[key.Name[(at + FlareKey.CrossAttention.Length)..]] = tensor;
                break;
            case FlarePart.A or FlarePart.B:
                adapters.Add(key.Adapter!);
                if (key.Part == FlarePart.A)
                    Module(key.Name).A = tensor;
                else
                    Module(key.Name).B = tensor;
                break;
            default:
                AddBase(key, tensor, byName);
                break;
        }
    }

    private void AddBase(FlareKey key, FlareTensor tensor, Dictionary<string, (ITensorFile File, SafetensorsTensor Tensor)> byName)
    {
        // parts of a 4-bit weight are read with its codes
        if (PartOf4Bits().IsMatch(tensor.Tensor.Name) && byName.ContainsKey(PartOf4Bits().Replace(tensor.Tensor.Name, "")))
            return;
        if (byName.ContainsKey(tensor.Tensor.Name + Nf4Tensor.StateSuffix))
        {
            var weight = new Nf4Tensor(tensor.Tensor.Name, name => byName.TryGetValue(name, out var part) ? part : null);
            tensor = new FlareTensor(weight, weight.Tensor);
        }
        if (!_base.TryAdd(key.Name, tensor))
            throw new InvalidDataException($"'{tensor.File.Path}' holds '{key.Name}' twice, wrapped by an adapter and not.");
        if (key.IsWrapped)
            _wrapped.Add(key.Name);
    }

    private FlareModule Module(string name)
    {
        if (!_modules.TryGetValue(name, out var module))
            _modules.Add(name, module = new FlareModule());
        return module;
    }

    private static CheckpointFiles OpenAlone(string folder)
    {
        var path = Path.Combine(folder, PeftAdapter.WeightsFile);
        return File.Exists(path) ? CheckpointFiles.OpenAll([path], WeightFormat.Safetensors) : throw new FileNotFoundException(
            $"'{folder}' has {FlareFolder.ConfigFile} and no {PeftAdapter.WeightsFile}: the weights are missing.", path);
    }

    /// <summary>By the index, or all shards of one number where there is none, as FLARE's own loader takes them.</summary>
    private static CheckpointFiles OpenFiles(string folder)
    {
        var format = WeightFormat.Torch;
        if (File.Exists(Path.Combine(folder, format.SingleFile)) || File.Exists(Path.Combine(folder, format.IndexFile)))
            return CheckpointFiles.Open(folder, format);
        var shards = Directory.EnumerateFiles(folder, "pytorch_model-*.bin").Order(StringComparer.Ordinal).ToArray();
        if (shards.Length == 0)
            throw new FileNotFoundException($"'{folder}' has neither {format.SingleFile} nor {format.IndexFile} nor shards of them: it is no "
                + "run of FLARE, which its trainer saves so.");
        var numbers = shards.Select(s => ShardNumber().Match(Path.GetFileName(s))).ToArray();
        var count = numbers[0].Success ? int.Parse(numbers[0].Groups[2].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : 0;
        for (var i = 1; i <= count; i++)
        {
            var name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"pytorch_model-{i:00000}-of-{count:00000}.bin");
            if (!File.Exists(Path.Combine(folder, name)))
                throw new FileNotFoundException($"'{folder}' lacks the shard '{name}'. Copy it again.", name);
        }
        return shards.Length == count ? CheckpointFiles.OpenAll(shards, format) : throw new InvalidDataException(
            $"'{folder}' has {shards.Length} shards, which say that there are {count}: {string.Join(", ", shards.Select(Path.GetFileName))}.");
    }

    [GeneratedRegex(@"\.(absmax|quant_map|nested_absmax|nested_quant_map|quant_state\.bitsandbytes__[a-z0-9]+)$")]
    private static partial Regex PartOf4Bits();

    [GeneratedRegex(@"^pytorch_model-(\d{5})-of-(\d{5})\.bin$")]
    private static partial Regex ShardNumber();
}
