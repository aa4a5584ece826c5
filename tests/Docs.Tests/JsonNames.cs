using System.Text.Json;

namespace XlLoraOnnx.Docs.Tests;

/// <summary>Names of the fields in JSON files.</summary>
internal static class JsonNames
{
    /// <param name="named">Paths of objects whose keys are names and not fields, such as <c>/adapters</c>; <c>*</c> stands for one of
    /// these names.</param>
    public static IReadOnlySet<string> Of(IEnumerable<string> documents, params string[] named)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in documents)
            Collect(JsonElement.Parse(text), "", named, names);
        return names;
    }

    private static void Collect(JsonElement element, string path, string[] named, HashSet<string> names)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
                Collect(item, path, named, names);
        }
        if (element.ValueKind != JsonValueKind.Object)
            return;
        var isNamed = named.Contains(path);
        foreach (var field in element.EnumerateObject())
        {
            if (!isNamed)
                names.Add(field.Name);
            Collect(field.Value, $"{path}/{(isNamed ? "*" : field.Name)}", named, names);
        }
    }
}
