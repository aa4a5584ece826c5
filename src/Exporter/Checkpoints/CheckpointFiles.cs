using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <summary>The weights of a Hugging Face folder: safetensors where there are any, else what torch.save wrote.</summary>
internal sealed class CheckpointFiles : IDisposable
{
    private readonly List<ITensorFile> _files = [];
    private bool _closes = true;
    private readonly List<(ITensorFile File, SafetensorsTensor Tensor)> _tensors = [];

    public static CheckpointFiles Open(string folder) => Opened(checkpoint =>
    {
        checkpoint.AddWeights(folder);
        foreach (var module in SentenceModules.DenseFolders(folder))
            checkpoint.AddModule(folder, module);
    });

    /// <summary>Weights of one format, without modules of sentence-transformers.</summary>
    public static CheckpointFiles Open(string folder, WeightFormat format) => Opened(c => c.AddWeights(folder, format));

    /// <summary>Files that no index lists.</summary>
    public static CheckpointFiles OpenAll(IEnumerable<string> paths, WeightFormat format) => Opened(c =>
    {
        foreach (var path in paths)
            c.AddFile(path, format);
    });

    /// <summary>Tensors of several checkpoints as one; whoever opened these closes them.</summary>
    public static CheckpointFiles Layered(
        IEnumerable<CheckpointFiles> layers, IEnumerable<(ITensorFile File, SafetensorsTensor Tensor)> tensors)
    {
        var layered = new CheckpointFiles { _closes = false };
        layered._files.AddRange(layers.SelectMany(l => l.Files));
        layered._tensors.AddRange(tensors);
        return layered;
    }

    /// <summary>In the order of the index.</summary>
    public IReadOnlyList<ITensorFile> Files => _files;

    /// <summary>In the order of the file, or of the index.</summary>
    public IReadOnlyList<(ITensorFile File, SafetensorsTensor Tensor)> Tensors => _tensors;

    /// <summary>What has to be said where a file is a pickle; null where none is.</summary>
    public string? PickleNotice
    {
        get
        {
            var pickles = _files.OfType<TorchFile>().Select(f => Path.GetFileName(f.Path)).Distinct().ToArray();
            return pickles.Length == 0 ? null : $"The weights come from {pickles[0]}"
                + (pickles.Length > 1 ? $" and {pickles.Length - 1} more files" : "")
                + ", a pickle of torch. It was read as tensors alone; nothing in it was run.";
        }
    }

    public void Dispose()
    {
        if (_closes)
            _files.ForEach(f => f.Dispose());
    }

    private CheckpointFiles()
    {
    }

    private static CheckpointFiles Opened(Action<CheckpointFiles> add)
    {
        var checkpoint = new CheckpointFiles();
        try
        {
            add(checkpoint);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private void AddWeights(string folder)
    {
        if (!WeightFormat.All.Any(format => AddWeights(folder, format)))
            throw NoWeights(folder);
    }

    /// <returns>Whether there are any.</returns>
    private bool AddWeights(string folder, WeightFormat format)
    {
        if (File.Exists(Path.Combine(folder, format.SingleFile)))
        {
            AddFile(Path.Combine(folder, format.SingleFile), format);
            return true;
        }
        if (!File.Exists(Path.Combine(folder, format.IndexFile)))
            return false;
        AddShards(folder, Path.Combine(folder, format.IndexFile), format);
        return true;
    }

    private static Exception NoWeights(string folder)
    {
        var allowed = string.Join(", ", WeightFormat.All.SelectMany(f => (string[])[f.SingleFile, f.IndexFile]));
        var other = Directory.EnumerateFiles(folder)
            .Where(path => Path.GetExtension(path) is ".bin" or ".pt" or ".pth" or ".ckpt" or ".safetensors" or ".h5" or ".msgpack")
            .Select(Path.GetFileName).Order(StringComparer.Ordinal).FirstOrDefault();
        return other is null
            ? new FileNotFoundException($"'{folder}' has none of {allowed}: there are no weights to export.")
            : new NotSupportedException(
                $"'{folder}' has '{other}' and none of {allowed}, which are read. Convert it to safetensors: load the model in "
                + "transformers, or in sentence-transformers where it has a modules.json, and call save_pretrained(folder, safe_serialization=True).");
    }

    /// <summary>The weights of a module of sentence-transformers, under names that begin with its folder.</summary>
    private void AddModule(string folder, string module)
    {
        var path = Path.Combine(folder, module);
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException(
                $"'{Path.Combine(folder, SentenceModules.FileName)}' names the folder '{module}', which is missing. Download it again.");
        var format = WeightFormat.All.FirstOrDefault(f => File.Exists(Path.Combine(path, f.SingleFile))) ?? throw NoWeights(path);
        var file = AddFile(Path.Combine(path, format.SingleFile), format, all: false);
        _tensors.AddRange(file.Tensors.Values.Select(t => (file, t with { Name = $"{module}.{t.Name}" })));
    }

    private ITensorFile AddFile(string path, WeightFormat format, bool all = true)
    {
        FolderLinks.Check(path);
        var file = format.Open(path);
        _files.Add(file);
        if (all)
            _tensors.AddRange(file.Tensors.Values.Select(t => (file, t)));
        return file;
    }

    private void AddShards(string folder, string indexPath, WeightFormat format)
    {
        var weightMap = ReadWeightMap(indexPath);
        var shards = new Dictionary<string, ITensorFile>();
        foreach (var shard in weightMap.Select(e => e.Shard).Distinct())
        {
            CheckShardName(shard, indexPath);
            var path = Path.Combine(folder, shard);
            if (!File.Exists(path))
                throw new FileNotFoundException($"'{indexPath}' names the shard '{shard}', which is missing. Download it again.", path);
            shards.Add(shard, AddFile(path, format, all: false));
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
