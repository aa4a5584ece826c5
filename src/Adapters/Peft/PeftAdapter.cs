using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Adapters;

/// <summary>
/// A PEFT LoRA folder that fits its base: every tensor of the file is a factor of a module of the base, or dropped with a reason, and every
/// module that the configuration promises has its factors.
/// </summary>
public sealed class PeftAdapter : IDisposable
{
    /// <summary>What PEFT writes of an adapter's settings.</summary>
    public const string ConfigFile = "adapter_config.json";
    /// <summary>What PEFT writes of its weights.</summary>
    public const string WeightsFile = "adapter_model.safetensors";

    /// <summary>What PEFT wrote of its weights before 0.7, and without <c>safe_serialization</c>: a pickle of tensors.</summary>
    public const string PickleFile = "adapter_model.bin";

    private readonly ITensorFile _file;

    /// <summary>What can be refused without knowing the base.</summary>
    /// <exception cref="AdapterRefusedException">With every reason that could be found.</exception>
    public static void CheckAlone(string folder)
    {
        var reasons = new List<string>();
        _ = OpenConfig(folder, reasons);
        OpenWeights(folder, reasons)?.Dispose();
        if (reasons.Count > 0)
            throw new AdapterRefusedException(folder, reasons, []);
    }

    /// <summary>Reads a PEFT folder and checks it against the modules of its base.</summary>
    /// <param name="folder">With <see cref="ConfigFile"/> and <see cref="WeightsFile"/> or <see cref="PickleFile"/>.</param>
    /// <param name="slots">The modules of the base that take an adapter.</param>
    /// <exception cref="AdapterRefusedException">With every reason that could be found.</exception>
    /// <exception cref="InvalidDataException">A file is malformed.</exception>
    public static PeftAdapter Open(string folder, IReadOnlyList<LoraSlot> slots)
    {
        var reasons = new List<string>();
        var config = OpenConfig(folder, reasons);
        var file = OpenWeights(folder, reasons);
        try
        {
            if (file is null)
                throw new AdapterRefusedException(folder, reasons, []);
            var check = new PeftAdapterCheck(config, file, slots, reasons);
            if (reasons.Count > 0)
                throw new AdapterRefusedException(folder, reasons, check.Coverage);
            return new PeftAdapter(file, config, check);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>What adapter_config.json says.</summary>
    public PeftAdapterConfig Config { get; }

    /// <summary>What has to be said where its weights are a pickle; null where they are not.</summary>
    public string? PickleNotice => _file is TorchFile
        ? $"its weights come from {PickleFile}, a pickle of torch. It was read as tensors alone; nothing in it was run." : null;

    /// <summary>In graph order.</summary>
    public IReadOnlyList<LoraModule> Modules { get; }

    /// <summary>Every tensor of the file, in its order.</summary>
    public IReadOnlyList<TensorCoverage> Coverage { get; }

    /// <summary>SHA-256 over modules, scales and weights, in hexadecimal digits.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var module in Modules)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(module.Slot.Name));
            hash.AppendData(BitConverter.GetBytes(module.Scale));
            hash.AppendData(module.A.File.Sha256(module.A.Tensor));
            hash.AppendData(module.B.File.Sha256(module.B.Tensor));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Closes the file; the factors cannot be read any more.</summary>
    public void Dispose() => _file.Dispose();

    private PeftAdapter(ITensorFile file, PeftAdapterConfig config, PeftAdapterCheck check)
    {
        _file = file;
        Config = config;
        Modules = check.Modules;
        Coverage = check.Coverage;
    }

    private static PeftAdapterConfig OpenConfig(string folder, List<string> reasons)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The adapter folder '{folder}' does not exist.");
        var path = Path.Combine(folder, ConfigFile);
        if (!File.Exists(path))
            throw new FileNotFoundException($"'{folder}' is no PEFT adapter: it has no {ConfigFile}.", path);
        return new PeftAdapterConfig(ConfigReader.Open(path), reasons);
    }

    /// <summary>The weights of a PEFT folder, safetensors first; null, with a reason, if there are none.</summary>
    /// <exception cref="InvalidDataException">The file is malformed.</exception>
    /// <exception cref="NotSupportedException">A pickle holds something else than tensors.</exception>
    public static ITensorFile? OpenWeights(string folder, ICollection<string> reasons)
    {
        ArgumentNullException.ThrowIfNull(reasons);
        if (WeightsPath(folder) is not { } path)
        {
            reasons.Add($"'{folder}' has neither {WeightsFile} nor {PickleFile}: the weights are missing.");
            return null;
        }
        FolderLinks.Check(path);
        return Path.GetFileName(path) == WeightsFile ? SafetensorsFile.Open(path) : TorchFile.Open(path);
    }

    /// <summary>The file of the weights of a PEFT folder, safetensors first; null if there is none.</summary>
    public static string? WeightsPath(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return Array.Find([Path.Combine(folder, WeightsFile), Path.Combine(folder, PickleFile)], File.Exists);
    }
}
