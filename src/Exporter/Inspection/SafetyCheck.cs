using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <summary>Every safety check on a folder from elsewhere, each on its own, so that one finding does not hide the next.</summary>
internal static class SafetyCheck
{
    private static readonly string[] Pickles = [".bin", ".pt", ".pth", ".pkl", ".ckpt"];
    private static readonly string[] Code = [".py", ".sh", ".so", ".dll", ".exe"];

    public static IEnumerable<Finding> Of(string path)
    {
        if (File.Exists(path))
            return OfFile(path, Path.GetFileName(path));
        return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .SelectMany(file => OfFile(file, Path.GetRelativePath(path, file)));
    }

    private static IEnumerable<Finding> OfFile(string path, string name)
    {
        var extension = Path.GetExtension(path).ToLowerInvariant();
        if (Code.Contains(extension))
            yield return new Finding(FindingLevel.Note, name, "holds code; it is never run here");
        if (Try(() => FolderLinks.Check(path)) is { } link)
        {
            yield return new Finding(FindingLevel.Unsafe, name, link);
            yield break;
        }
        if (Try(() => Read(path, extension)) is { } message)
            yield return new Finding(FindingLevel.Unsafe, name, message);
        else if (Pickles.Contains(extension))
            yield return new Finding(FindingLevel.Note, name, "a pickle of torch that holds tensors and nothing else; it is read without "
                + "running anything, by this program");
        if (Path.GetFileName(path) == "config.json" && HasCustomCode(path))
            yield return new Finding(
                FindingLevel.Note, name, "auto_map asks for code of the repository (trust_remote_code); it is never run here");
    }

    /// <summary>Reads what is read of such a file in an export.</summary>
    private static void Read(string path, string extension)
    {
        switch (extension)
        {
            case ".safetensors":
                SafetensorsFile.Open(path).Dispose();
                break;
            case var _ when Pickles.Contains(extension):
                TorchFile.Open(path).Dispose();
                break;
            case ".onnx_adapter":
                OnnxAdapterFile.Read(path);
                break;
            case ".json":
                var largest = Path.GetFileName(path) == "tokenizer.json" ? UntrustedJson.MaxTokenizerBytes : UntrustedJson.MaxBytes;
                var root = Path.GetFileName(path) == SentenceTransformersFolder.Modules ? JsonValueKind.Array : JsonValueKind.Object;
                UntrustedJson.Parse(path, largest, root).Dispose();
                break;
        }
    }

    private static bool HasCustomCode(string path)
    {
        try
        {
            return ConfigReader.Open(path).Has("auto_map");
        }
        catch (InvalidDataException)
        {
            // already a finding of its own
            return false;
        }
    }

    private static string? Try(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException or IOException)
        {
            return e.Message;
        }
    }
}
