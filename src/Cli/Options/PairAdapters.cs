using System.Security.Cryptography;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary>PEFT folders that a job of translations names as adapters, on their way to a model.</summary>
/// <param name="job">What its table names is an adapter of the model, or a folder.</param>
/// <param name="named">Pairs whose folders start from the working folder.</param>
/// <param name="tableFolder">Full path of where folders of all other pairs start from.</param>
/// <param name="cache">Full path of the folder for exported adapters; null for one in the run folder.</param>
internal sealed class PairAdapters(
    TranslationJobOptions job, IReadOnlySet<LanguagePair> named, string tableFolder, string? cache)
{
    private readonly OrderedDictionary<string, string> _folders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _files = [];
    private string? _madeCache;

    /// <summary>Exports what is not there yet, and makes all known to the model.</summary>
    /// <returns>The job, with names of adapters in place of folders.</returns>
    /// <exception cref="AdapterRefusedException">One does not fit the model; with all reasons.</exception>
    public TranslationJobOptions Mount(XlLoraModel model, CancellationToken cancellationToken)
    {
        var folders = FoldersOf(model);
        if (folders.Count == 0)
        {
            return cache is null ? job : throw new ArgumentException(
                "--adapter-cache is for adapters that are exported from PEFT folders, and none is named: leave it out.");
        }
        var path = cache ?? SynthesisJob.AdapterFolder(job.Output);
        _madeCache = Directory.Exists(path) ? null : path;
        var (exported, pairs, made) = (new AdapterCache(path, model.Info.Folder), job.Pairs, 0);
        foreach (var (pair, folder) in folders)
        {
            var adapter = exported.Export(folder, cancellationToken);
            made += adapter.IsNew ? 1 : 0;
            pairs = pairs.With(pair, NameOf(pair, folder, adapter.File, model));
        }
        if (_files.Count > 0)
            Console.Error.WriteLine($"{_files.Count} adapters of PEFT folders: {made} exported, {_files.Count - made} were in {path}");
        return job with
        {
            Pairs = pairs,
            Adapters = _files.Count == 0 ? null : new TranslationAdapters { Cache = path, Files = _files, Folders = _folders },
        };
    }

    /// <summary>After a job that was refused, nothing is left of what <see cref="Mount"/> made for it.</summary>
    public void Discard()
    {
        if (_madeCache is null || !Directory.Exists(_madeCache))
            return;
        var run = cache is null ? Path.GetDirectoryName(_madeCache)! : null;
        if (run is not null && RunVerifier.IsRunFolder(run))
            return;
        Directory.Delete(_madeCache, recursive: true);
        if (run is not null && !Directory.EnumerateFileSystemEntries(run).Any())
            Directory.Delete(run);
    }

    /// <summary>Makes the adapters of a run that was begun known to the model, and exports again what is no longer there.</summary>
    /// <exception cref="InvalidDataException">That is needed, and the PEFT folder is another one now.</exception>
    public static void MountAgain(XlLoraModel model, TranslationAdapters adapters, CancellationToken cancellationToken)
    {
        var exported = new AdapterCache(adapters.Cache, model.Info.Folder);
        foreach (var (name, file) in adapters.Files)
        {
            if (!AdapterCache.IsWhole(adapters.Cache, file)
                && exported.Export(adapters.Folders[name], cancellationToken) is var again && Path.GetFileName(again.File) != file)
                throw new InvalidDataException($"The adapter \"{name}\" of the run is no longer in {adapters.Cache}, and "
                    + $"{adapters.Folders[name]} is not what it was exported from, or the model another one: put back what was there before.");
            model.AddAdapter(name, Path.Combine(adapters.Cache, file));
        }
    }

    private List<(LanguagePair Pair, string Folder)> FoldersOf(XlLoraModel model)
    {
        var folders = new List<(LanguagePair Pair, string Folder)>();
        foreach (var pair in job.TargetLanguages.Select(target => new LanguagePair(job.SourceLanguage, target)).Distinct())
        {
            if (job.Pairs.Route(pair).Adapter is not { } adapter || model.Generator.Adapters.Contains(adapter))
                continue;
            var path = Path.GetFullPath(adapter, named.Contains(pair) ? Path.GetFullPath(".") : tableFolder);
            // a name that is neither is said to be none of the adapters
            if (Directory.Exists(path) || adapter.AsSpan().ContainsAny('/', Path.DirectorySeparatorChar))
                folders.Add((pair, path));
        }
        return folders;
    }

    /// <summary>Folders that come to the same are one adapter, named after the first pair; so is one that the model has.</summary>
    private string NameOf(LanguagePair pair, string folder, string file, XlLoraModel model)
    {
        if (_files.FirstOrDefault(f => f.Value == Path.GetFileName(file)).Key is { } known)
            return known;
        var name = pair.ToString();
        if (model.Generator.Adapters.Contains(name))
        {
            using var stream = File.OpenRead(file);
            if (model.AdapterSha256(name) == Convert.ToHexStringLower(SHA256.HashData(stream)))
                return name;
            name += ".peft";
        }
        model.AddAdapter(name, file);
        _files.Add(name, Path.GetFileName(file));
        _folders.Add(name, folder);
        return name;
    }
}
