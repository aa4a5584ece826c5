using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <summary>The weights of a Hugging Face folder: <c>model.safetensors</c>, or the shards that its index names.</summary>
internal sealed class SafetensorsCheckpoint : IDisposable
{
    public const string SingleFile = "model.safetensors";
    public const string IndexFile = "model.safetensors.index.json";

    private readonly List<SafetensorsFile> _files = [];
    private readonly List<(SafetensorsFile File, SafetensorsTensor Tensor)> _tensors = [];

    public static SafetensorsCheckpoint Open(string folder)
    {
        var checkpoint = new SafetensorsCheckpoint();
        try
        {
            if (File.Exists(Path.Combine(folder, SingleFile)))
                checkpoint.AddFile(Path.Combine(folder, SingleFile));
            else if (File.Exists(Path.Combine(folder, IndexFile)))
                checkpoint.AddShards(folder, Path.Combine(folder, IndexFile));
            else
                throw NoWeights(folder);
            foreach (var module in SentenceModules.DenseFolders(folder))
                checkpoint.AddModule(folder, module);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>In the order of the index.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <summary>In the order of the file, or of the index.</summary>
    public IReadOnlyList<(SafetensorsFile File, SafetensorsTensor Tensor)> Tensors => _tensors;

    public void Dispose() => _files.ForEach(f => f.Dispose());

    private SafetensorsCheckpoint()
    {
    }

    private static Exception NoWeights(string folder)
    {
        var pickle = Directory.EnumerateFiles(folder, "*.bin").Concat(Directory.EnumerateFiles(folder, "*.pt"))
            .Order(StringComparer.Ordinal).FirstOrDefault();
        return pickle is null
            ? new FileNotFoundException($"'{folder}' has neither {SingleFile} nor {IndexFile}: there are no weights to export.")
            : new NotSupportedException(
                $"'{folder}' has its weights as a pickle ('{Path.GetFileName(pickle)}'), which can run code when it is read. "
                + "Convert it to safetensors: load the model in transformers, or in sentence-transformers where it has a modules.json, "
                + "and call save_pretrained(folder, safe_serialization=True).");
    }

    /// <summary>The weights of a module of sentence-transformers, under names that begin with its folder.</summary>
    private void AddModule(string folder, string module)
    {
        var path = Path.Combine(folder, module, SingleFile);
        if (!File.Exists(path))
            throw Directory.Exists(Path.Combine(folder, module)) ? NoWeights(Path.Combine(folder, module)) : new DirectoryNotFoundException(
                $"'{Path.Combine(folder, SentenceModules.FileName)}' names the folder '{module}', which is missing. Download it again.");
        var file = AddFile(path, all: false);
        _tensors.AddRange(file.Tensors.Values.Select(t => (file, t with { Name = $"{module}.{t.Name}" })));
    }

    private SafetensorsFile AddFile(string path, bool all = true)
    {
        FolderLinks.Check(path);
        var file = SafetensorsFile.Open(path);
        _files.Add(file);
        if (all)
            _tensors.AddRange(file.Tensors.Values.Select(t => (file, t)));
        return file;
    }

    private void AddShards(string folder, string indexPath)
    {
        var weightMap = ReadWeightMap(indexPath);
        var shards = new Dictionary<string, SafetensorsFile>();
        foreach (var shard in weightMap.Select(e => e.Shard).Distinct())
        {
            CheckShardName(shard, indexPath);
            var path = Path.Combine(folder, shard);
            if (!File.Exists(path))
                throw new FileNotFoundException($"'{indexPath}' names the shard '{shard}', which is missing. Download it again.", path);
            shards.Add(shard, AddFile(path, all: false));
        }
        foreach (var (name, shard) in weightMap)
        {
            if (!shards[shard].Tensors.TryGetValue(name, out var tensor))
                throw new InvalidDataException($"'{indexPath}' places tensor '{name}' in '{shard}', which does not hold it.");
            _tensors.Add((shards[shard], tensor));
        }
        foreach (var (shard, file) in shards)
        {
            var listed = weightMap.Where(e => e.Shard == shard).Select(e => e.Name).ToHashSet();
            if (file.Tensors.Keys.FirstOrDefault(name => !listed.Contains(name)) is { } stray)
                throw new InvalidDataException($"'{file.Path}' holds tensor '{stray}', which '{indexPath}' does not place there.");
        }
    }

    private static List<(string Name, string Shard)> ReadWeightMap(string indexPath)
    {
        using var document = UntrustedJson.Parse(indexPath);
        if (!document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"'{indexPath}' has no weight_map object.");
        var entries = new List<(string, string)>();
        foreach (var entry in map.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.String)
                throw new InvalidDataException($"'{indexPath}': the shard of '{entry.Name}' is {entry.Value.ValueKind}, not a file name.");
            entries.Add((entry.Name, entry.Value.GetString()!));
        }
        return entries;
    }

    private static void CheckShardName(string shard, string indexPath)
    {
        if (shard is "" or "." or ".." || shard.AsSpan().IndexOfAny(['/', '\\', ':', '\0']) >= 0)
            throw new InvalidDataException(
                $"'{indexPath}' names the shard '{shard}'; only plain file names in the same folder are allowed.");
    }
}
