namespace XlLoraOnnx.Exporter;

/// <summary>A folder that is there whole or not at all: written under a temporary name beside its place, then renamed.</summary>
internal static class ModelFolder
{
    /// <returns>The full path.</returns>
    public static string CheckFree(string outputFolder)
    {
        var output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(outputFolder));
        if (File.Exists(output))
            throw new IOException($"'{output}' is a file. Choose another output folder.");
        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
            throw new IOException($"The output folder '{output}' exists and is not empty. Remove it or choose another.");
        return output;
    }

    public static T WriteWhole<T>(string output, Func<string, T> write)
    {
        var temporary = $"{output}.partial-{Guid.NewGuid().ToString("N")[..8]}";
        Directory.CreateDirectory(temporary);
        try
        {
            var result = write(temporary);
            if (Directory.Exists(output))
                Directory.Delete(output);
            Directory.Move(temporary, output);
            return result;
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }
}
