using System.Security.Cryptography;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// Which adapters may be used, by name, and where their files lie: those of a folder's manifest, and those that were added. Thread-safe.
/// A file is checked when it is first asked for, and again when its length or its time has changed since.
/// </summary>
internal sealed class AdapterCatalog
{
    /// <summary>The base model, where an adapter's name is expected.</summary>
    private const string None = "none";

    /// <summary>Ends the names of A, [in, rank].</summary>
    private const string FirstFactor = ".lora_A.weight";

    private readonly string _folder;
    private readonly ModelManifest _manifest;
    private readonly Lock _lock = new();
    private readonly List<CatalogAdapter> _adapters;
    private readonly long _bytesPerRank;
    private long _lastEdition;

    public AdapterCatalog(ModelFolder folder)
        // one that reads two languages is no plain adapter of a prompt
        : this(folder.FullPath, folder.Manifest with
        {
            Adapters = folder.Manifest.Adapters.Where(a => a.Value.PeftType != AdapterEntry.FlareType).ToDictionary(),
        })
    {
    }

    public AdapterCatalog(string folder, ModelManifest manifest)
    {
        _folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _manifest = manifest;
        _adapters = [.. manifest.Adapters.Select(a =>
            new CatalogAdapter(a.Key, a.Value.File, isAdded: false, a.Value.MaxRank, a.Value.BaseFingerprint, a.Value.Sha256, edition: 0))];
        var elementBytes = manifest.LoraDtype == "fp32" ? sizeof(float) : sizeof(ushort);
        _bytesPerRank = manifest.LoraSlots.Sum(s => (long)s.InFeatures + s.OutFeatures) * elementBytes;
    }

    /// <summary>In the order of the manifest, then of addition; a copy.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_lock)
                return [.. _adapters.Select(a => a.Name)];
        }
    }

    /// <summary>Another number once an adapter of this name was removed and another added; null if there is none.</summary>
    public long? Edition(string name) => Find(name)?.Edition;

    /// <summary>What an adapter takes up where it is mounted: in every module as many ranks as in its largest. 0 if there is
    /// none.</summary>
    public long Bytes(string name) => Find(name) is { } adapter ? adapter.Rank * _bytesPerRank : 0;

    /// <summary>The file is the one that was exported or added, and it was exported for this base.</summary>
    /// <returns>Its full path.</returns>
    /// <exception cref="ArgumentException">No adapter has this name.</exception>
    /// <exception cref="InvalidDataException">The file is missing, lies elsewhere, was changed, or belongs to another base.</exception>
    public string Verify(string name)
    {
        var adapter = Find(name) ?? throw new ArgumentException(UnknownAdapter(name), nameof(name));
        // Of its own lock: a large file that is hashed holds up nobody who asks for another.
        lock (adapter.Checking)
        {
            var path = FullPath(adapter);
            if (!File.Exists(path))
                throw new InvalidDataException($"Adapter '{name}': the file '{path}' does not exist. "
                    + (adapter.IsAdded ? "Remove the adapter, or put the file back." : "Export the adapter again."));
            if (!adapter.IsAdded)
                FolderLinks.Check(path);
            var state = FileState.Of(path);
            if (adapter.Verified == state)
                return path;
            CheckFile(adapter, path);
            adapter.Verified = state;
            return path;
        }
    }

    /// <param name="path">An .onnx_adapter file, which may lie anywhere; its content must stay as it is.</param>
    /// <exception cref="ArgumentException">The name is taken, blank, or means the base model.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no adapter file, or one of another base.</exception>
    public void Add(string name, string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (name == None)
            throw new ArgumentException($"An adapter cannot be named '{None}': that means the base model.", nameof(name));
        if (Find(name) is not null)
            throw Taken(name);
        path = Path.GetFullPath(path);
        var file = CheckBase(name, path);
        var rank = file.Parameters.Where(p => p.Name.EndsWith(FirstFactor, StringComparison.Ordinal) && p.Dims.Count == 2)
            .Select(p => p.Dims[1]).DefaultIfEmpty().Max();
        var sha256 = Sha256(path);
        lock (_lock)
        {
            if (_adapters.Exists(a => a.Name == name))
                throw Taken(name);
            _adapters.Add(new CatalogAdapter(name, path, isAdded: true, rank, _manifest.BaseFingerprint, sha256, ++_lastEdition));
        }
    }

    /// <summary>Forgets it; the file stays where it is.</summary>
    /// <exception cref="ArgumentException">No adapter has this name.</exception>
    public void Remove(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_lock)
        {
            if (_adapters.RemoveAll(a => a.Name == name) > 0)
                return;
        }
        throw new ArgumentException(UnknownAdapter(name), nameof(name));
    }

    public string UnknownAdapter(string name)
    {
        var known = Names is { Count: > 0 } names ? "it has: " + string.Join(", ", names) : "it has none";
        return $"The model folder '{_folder}' has no adapter named '{name}'; {known}. '{None}' means the base model.";
    }

    private CatalogAdapter? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_lock)
            return _adapters.Find(a => a.Name == name);
    }

    private string FullPath(CatalogAdapter adapter)
    {
        if (adapter.IsAdded)
            return adapter.File;
        var path = adapter.File.Contains('\0') ? null : Path.GetFullPath(Path.Combine(_folder, adapter.File));
        return path?.StartsWith(_folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) == true
            ? path
            : throw new InvalidDataException(
                $"Adapter '{adapter.Name}' names the file '{adapter.File}', which lies outside the model folder '{_folder}'.");
    }

    private void CheckFile(CatalogAdapter adapter, string path)
    {
        if (adapter.BaseFingerprint != _manifest.BaseFingerprint)
            throw OtherBase(adapter.Name, path, adapter.BaseFingerprint);
        CheckBase(adapter.Name, path);
        var sha256 = Sha256(path);
        if (sha256 != adapter.Sha256)
            throw new InvalidDataException(adapter.IsAdded
                ? $"Adapter '{adapter.Name}': '{path}' was changed after it was added: SHA-256 is {sha256}, it was {adapter.Sha256}. "
                    + "Remove the adapter, and add the new file."
                : $"Adapter '{adapter.Name}': '{path}' was changed after its export: SHA-256 is {sha256}, {ModelManifest.FileName} records "
                    + $"{adapter.Sha256}. Export the adapter again.");
    }

    private OnnxAdapterFile CheckBase(string name, string path)
    {
        var file = OnnxAdapterFile.Read(path);
        return file.ModelVersion == BaseFingerprints.ModelVersion(_manifest.BaseFingerprint)
            ? file
            : throw OtherBase(name, path, $"model_version {file.ModelVersion}");
    }

    private InvalidDataException OtherBase(string name, string path, string found) => new(
        $"Adapter '{name}' ('{path}') was exported for another base model: its base is {found}, this folder's is "
        + $"{_manifest.BaseFingerprint}. Export the adapter for this model.");

    private static string Sha256(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private ArgumentException Taken(string name) => new(
        $"The name '{name}' is taken; there are: {string.Join(", ", Names)}. Remove that adapter first, or choose another name.",
        nameof(name));

    /// <param name="file">As the manifest has it, or the full path of an added one.</param>
    /// <param name="sha256">As the manifest records it, or as it was when the file was added.</param>
    private sealed class CatalogAdapter(
        string name, string file, bool isAdded, long rank, string baseFingerprint, string sha256, long edition)
    {
        public string Name { get; } = name;

        public string File { get; } = file;

        public bool IsAdded { get; } = isAdded;

        /// <summary>The largest of its modules.</summary>
        public long Rank { get; } = rank;

        public string BaseFingerprint { get; } = baseFingerprint;

        public string Sha256 { get; } = sha256;

        public long Edition { get; } = edition;

        public Lock Checking { get; } = new();

        /// <summary>The state in which the file was last found in order; null if never.</summary>
        public FileState? Verified { get; set; }
    }

    private sealed record FileState(long Length, DateTime LastWrite)
    {
        /// <summary>Of the file itself, where the path is a link.</summary>
        public static FileState Of(string path)
        {
            var file = new FileInfo(path);
            file = (FileInfo?)file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
            return new FileState(file.Length, file.LastWriteTimeUtc);
        }
    }
}
