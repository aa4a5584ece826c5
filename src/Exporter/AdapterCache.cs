using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter;

/// <summary>Adapters that are composed or exported once for a model folder, and kept by a hash of all that they depend on.</summary>
/// <remarks>
/// In the folder, <c>HASH.onnx_adapter</c> is an adapter as <see cref="AdapterExporter"/> writes it and <c>HASH.json</c> how it was made;
/// the manifest of the model folder stays as it is. Both files appear whole. Any number of processes may use one folder at a time: one of
/// them makes an adapter, the others wait for it. Thread-safe.
/// </remarks>
public sealed class AdapterCache
{
    private const string Extension = ".onnx_adapter";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private readonly string _folder;
    private readonly string _modelFolder;
    private readonly ModelManifest _manifest;
    private readonly OnnxType _type;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PartHashes> _hashes = new(StringComparer.Ordinal);

    /// <param name="folder">Made if it is not there.</param>
    /// <param name="modelFolder">The exported model that the adapters are for.</param>
    /// <exception cref="NotSupportedException">The model takes no adapters.</exception>
    public AdapterCache(string folder, string modelFolder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        (_folder, _modelFolder) = (Path.GetFullPath(folder), modelFolder);
        _manifest = ModelManifest.Read(modelFolder);
        if (_manifest.LoraSlots.Count == 0)
            throw new NotSupportedException($"'{modelFolder}' is an encoder's ({_manifest.Family}) and takes no adapters.");
        _type = ExportPrecisions.ParseLoraDType(_manifest.LoraDtype, modelFolder);
    }

    /// <summary>SHA-256 of the weights and of the settings of a PEFT folder, in hexadecimal digits; read once.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">It is no PEFT adapter.</exception>
    public PartHashes HashesOf(string peftFolder)
    {
        ArgumentException.ThrowIfNullOrEmpty(peftFolder);
        lock (_lock)
        {
            if (_hashes.TryGetValue(peftFolder, out var known))
                return known;
            if (!Directory.Exists(peftFolder))
                throw new DirectoryNotFoundException($"The adapter folder '{peftFolder}' does not exist.");
            var weights = PeftAdapter.WeightsPath(peftFolder) ?? Path.Combine(peftFolder, PeftAdapter.WeightsFile);
            return _hashes[peftFolder] = new PartHashes(Hash(weights), Hash(Path.Combine(peftFolder, PeftAdapter.ConfigFile)));
        }
    }

    /// <summary>The adapter of a recipe: the one that is there, or composed and exported now.</summary>
    /// <param name="recipe">With its parts.</param>
    /// <param name="options">How parts are added.</param>
    /// <exception cref="ArgumentException">The recipe takes every part 0 times.</exception>
    /// <exception cref="CompositionRefusedException">The parts do not fit one another, or the model; with all reasons.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public CachedAdapter Get(SideRecipe recipe, CompositionOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(options);
        return Get(Facts(recipe, options), name => Make(name, recipe, options, cancellationToken), cancellationToken);
    }

    /// <summary>The adapter of a PEFT folder: the one that is there, or exported now.</summary>
    /// <exception cref="AdapterRefusedException">It does not fit the base, or the graph cannot do it; with all reasons.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">It is no PEFT adapter.</exception>
    /// <exception cref="InvalidDataException">A file of it is malformed.</exception>
    /// <exception cref="IOException">The folder of the cache cannot be written.</exception>
    public CachedAdapter Export(string peftFolder, CancellationToken cancellationToken = default)
    {
        var hashes = HashesOf(peftFolder);
        return Get(["exported 1", Base, $"{hashes.Weights} {hashes.Settings}"], name => Make(name, peftFolder, hashes, cancellationToken),
            cancellationToken);
    }

    /// <summary>Whether a file of the cache is there and as it was written.</summary>
    /// <param name="folder">Of the cache.</param>
    /// <param name="file">As <see cref="CachedAdapter.File"/> has it, without its folder.</param>
    public static bool IsWhole(string folder, string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(file);
        var path = Path.Combine(folder, Path.GetFileName(file));
        var record = Path.ChangeExtension(path, ".json");
        if (!File.Exists(path) || !File.Exists(record))
            return false;
        using var json = UntrustedJson.Parse(record);
        return json.RootElement.TryGetProperty("adapter_sha256", out var sha256) && sha256.ValueEquals(Hash(path));
    }

    private string Base => $"base {_manifest.BaseFingerprint} {_manifest.LoraDtype}";

    private CachedAdapter Get(IEnumerable<string> facts, Func<string, CachedAdapter> make, CancellationToken cancellationToken)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', facts))))[..32];
        Directory.CreateDirectory(_folder);
        while (true)
        {
            if (Find(name) is { } found)
                return found;
            using var turn = TryLock(name);
            if (turn is null)
            {
                cancellationToken.WaitHandle.WaitOne(Poll);
                cancellationToken.ThrowIfCancellationRequested();
            }
            // who had the lock before may just have made it
            else
            {
                return Find(name) ?? make(name);
            }
        }
    }

    private CachedAdapter? Find(string name) => IsWhole(_folder, name + Extension)
        ? new CachedAdapter(Path.Combine(_folder, name + Extension), IsNew: false) : null;

    /// <returns>Null while another process, or another thread of this one, has it.</returns>
    private FileStream? TryLock(string name)
    {
        var path = Path.Combine(_folder, name + ".lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    private CachedAdapter Make(string name, SideRecipe recipe, CompositionOptions options, CancellationToken cancellationToken)
    {
        DeleteWhatIsLeft(name);
        var composed = Path.Combine(_folder, $"{name}.peft-{Guid.NewGuid().ToString("N")[..8]}");
        try
        {
            AdapterComposer.Compose(recipe.Recipe, recipe.Parts, composed, options with { BaseFolder = _modelFolder }, recipe.Lambda,
                cancellationToken);
            var record = (JsonObject)JsonNode.Parse(File.ReadAllBytes(Path.Combine(composed, "composition.json")))!;
            return Write(name, composed, record, cancellationToken);
        }
        finally
        {
            if (Directory.Exists(composed))
                Directory.Delete(composed, recursive: true);
        }
    }

    private CachedAdapter Make(string name, string peftFolder, PartHashes hashes, CancellationToken cancellationToken)
    {
        DeleteWhatIsLeft(name);
        return Write(name, peftFolder, new JsonObject
        {
            ["weights_sha256"] = hashes.Weights,
            ["settings_sha256"] = hashes.Settings,
        }, cancellationToken);
    }

    /// <param name="record">How it was made.</param>
    private CachedAdapter Write(string name, string peftFolder, JsonObject record, CancellationToken cancellationToken)
    {
        var path = Path.Combine(_folder, name + Extension);
        using (var adapter = PeftAdapter.Open(peftFolder, _manifest.LoraSlots))
            record["adapter_sha256"] = AdapterFile.WriteTo(path, adapter, _manifest.BaseFingerprint, _type, cancellationToken).Sha256;
        record["base_fingerprint"] = _manifest.BaseFingerprint;
        AdapterFile.WriteWhole(Path.ChangeExtension(path, ".json"), stream =>
        {
            using var json = new Utf8JsonWriter(stream);
            record.WriteTo(json);
        });
        return new CachedAdapter(path, IsNew: true);
    }

    /// <summary>With the lock taken, what lies there is of processes that were ended.</summary>
    private void DeleteWhatIsLeft(string name)
    {
        foreach (var left in Directory.EnumerateDirectories(_folder, $"{name}.peft-*"))
            Directory.Delete(left, recursive: true);
        foreach (var left in Directory.EnumerateFiles(_folder, $"{name}.*.partial-*"))
            File.Delete(left);
    }

    private IEnumerable<string> Facts(SideRecipe recipe, CompositionOptions options)
    {
        yield return "composed 1";
        yield return Base;
        // what is added, however it is written
        foreach (var (part, factor) in recipe.Recipe.Factors(recipe.Lambda))
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{part} {factor:R} {HashesOf(recipe.Parts[part]).Weights} {HashesOf(recipe.Parts[part]).Settings}");
        yield return $"{options.Mode} {options.Rank} {options.MajoritySign} {options.Seed} "
            + options.Density?.ToString("R", CultureInfo.InvariantCulture);
    }

    private static string Hash(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException(
                $"'{Path.GetDirectoryName(path)}' is no PEFT adapter: it has no {Path.GetFileName(path)}.", path);
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
