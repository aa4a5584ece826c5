using System.Text.Json.Nodes;

namespace XlLoraOnnx.Tests;

/// <summary>Copies of reference folders that a test may change.</summary>
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
}
