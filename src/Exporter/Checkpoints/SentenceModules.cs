using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <summary>One entry of <c>modules.json</c>.</summary>
/// <param name="Type">The last part of the class name.</param>
/// <param name="ClassName">With the modules that it is in, which sentence-transformers 5 has renamed.</param>
/// <param name="Path">Folder of its files; empty for the checkpoint itself.</param>
internal sealed record SentenceModule(string Type, string ClassName, string Path)
{
    private const string Library = "sentence_transformers.";

    /// <summary>Whether the class is one of sentence-transformers', whose work is known.</summary>
    public bool IsOfTheLibrary => ClassName.StartsWith(Library, StringComparison.Ordinal);
}

/// <summary>Reads <c>modules.json</c>: a Transformer, perhaps a WeightedLayerPooling, a Pooling, then anything that is done to the
/// vector.</summary>
internal static class SentenceModules
{
    public const string FileName = "modules.json";

    // a Dropout does nothing outside of training
    private static readonly string[] Supported = ["Transformer", WeightedLayers.Module, "Pooling", "Dense", "Normalize", "Dropout"];

    /// <summary>Null for a folder without the file.</summary>
    public static IReadOnlyList<SentenceModule>? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        using var document = UntrustedJson.Parse(path, root: JsonValueKind.Array);
        var modules = new List<SentenceModule>();
        foreach (var element in document.RootElement.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"'{path}' lists {element.ValueKind}, expected an object with type and path.");
            var module = new ConfigReader(path, element.Clone(), $"[{modules.Count}].");
            var type = module.OptionalString("type")
                ?? throw new InvalidDataException($"{module.Describe("type")}, expected a class name.");
            var found = new SentenceModule(type[(type.LastIndexOf('.') + 1)..], type, module.OptionalString("path") ?? "");
            if (found.Path.AsSpan().IndexOfAny(['/', '\\', ':', '\0']) >= 0 || found.Path is "." or "..")
                throw new InvalidDataException($"'{path}' names the path '{found.Path}'; only plain folder names are allowed.");
            modules.Add(found);
        }
        return modules;
    }

    /// <summary>Folders of the Dense modules, which have weights of their own.</summary>
    public static IReadOnlyList<string> DenseFolders(string folder) =>
        [.. (Read(folder) ?? []).Where(m => m is { Type: "Dense", IsOfTheLibrary: true, Path.Length: > 0 }).Select(m => m.Path).Distinct()];

    /// <param name="remedy">The end of a refusal: what to do.</param>
    /// <exception cref="NotSupportedException">There are modules that no graph has; with all of them.</exception>
    public static void Check(string path, IReadOnlyList<SentenceModule> modules, string remedy)
    {
        var reasons = new List<string>();
        foreach (var module in modules)
        {
            if (!module.IsOfTheLibrary)
                reasons.Add($"the class {module.ClassName}, which is none of sentence-transformers'");
            else if (!Supported.Contains(module.Type))
                reasons.Add($"module {module.Type}; {string.Join(", ", Supported)} are supported");
            else if (module.Type == "Transformer" && module.Path.Length > 0)
                reasons.Add($"the Transformer in '{module.Path}'; it is read from the folder itself: give that folder as the checkpoint");
            else if (module.Type is "Pooling" or "Dense" or WeightedLayers.Module && module.Path.Length == 0)
                throw new InvalidDataException(
                    $"'{path}': the path of {module.ClassName} is empty; its config.json is in a folder of its own.");
        }
        var types = modules.Select(m => m.Type).ToArray();
        if (reasons.Count == 0 && !IsInOrder(types))
            reasons.Add($"the modules {string.Join(", ", types)}; in this order a Transformer, perhaps a "
                + $"{WeightedLayers.Module}, a Pooling, and then what is done to the vector are supported");
        if (reasons.Count > 0)
            throw new NotSupportedException($"'{path}' has {string.Join("; ", reasons)}. {remedy}.");
    }

    private static bool IsInOrder(ReadOnlySpan<string> types) => types switch
    {
        ["Transformer"] => true,
        ["Transformer", WeightedLayers.Module, .. var after] => after is ["Pooling", ..] && IsInOrder(["Transformer", .. after]),
        ["Transformer", "Pooling", .. var after] => !after.ContainsAny("Transformer", "Pooling", WeightedLayers.Module),
        _ => false,
    };
}
