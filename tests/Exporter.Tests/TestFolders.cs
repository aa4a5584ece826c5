using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter.Tests;

/// <summary>Copies of reference folders that a test may change, and exports to compare with.</summary>
internal static class TestFolders
{
    public static string CopyTo(this string source, TemporaryFolder folder, string name)
    {
        var target = Directory.CreateDirectory(folder.File(name)).FullName;
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        return target;
    }

    /// <summary>Changes a JSON file in place.</summary>
    public static void Edit(string path, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    /// <summary>The exported reference model of this name.</summary>
    public static string Export(this TemporaryFolder folder, string model)
    {
        var output = folder.File("exported-" + model);
        ModelExporter.Export(Repository.Data("models", model), output);
        return output;
    }
}
