namespace XlLoraOnnx.Exporter.Tests;

/// <summary>Exports to compare with.</summary>
internal static class ExportedFolders
{
    /// <summary>The exported reference model of this name.</summary>
    public static string Export(this TemporaryFolder folder, string model)
    {
        var output = folder.File("exported-" + model);
        ModelExporter.Export(Repository.Data("models", model), output);
        return output;
    }
}
