
namespace XlLoraOnnx.Exporter;

/// <summary>Looks into checkpoints and adapters before anything is done with them.</summary>
public static class Inspector
{
    /// <summary>What a checkpoint folder, a PEFT folder or an .onnx_adapter file holds, and why it could not be exported.</summary>
    /// <exception cref="FileNotFoundException">There is nothing of the name.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or the folder is none of these.</exception>
    /// <exception cref="NotSupportedException">The weights are of a kind that is not read: a pickle of more than tensors.</exception>
    public static PathInspection Inspect(string path)
    {
        CheckThere(path);
        if (File.Exists(path))
            return AdapterInspection.OfFile(path);
        if (File.Exists(Path.Combine(path, PeftAdapter.ConfigFile)))
            return AdapterInspection.OfPeft(path);
        if (File.Exists(Path.Combine(path, "config.json")))
            return CheckpointInspection.Of(path);
        throw new InvalidDataException(
            $"'{path}' is neither a checkpoint (config.json), a PEFT adapter ({PeftAdapter.ConfigFile}) nor a model folder "
            + $"({ModelManifest.FileName}).");
    }

    /// <summary>Every safety check on a file or folder from elsewhere; nothing in it is run.</summary>
    /// <exception cref="FileNotFoundException">There is nothing of the name.</exception>
    public static IReadOnlyList<Finding> CheckUntrusted(string path)
    {
        CheckThere(path);
        return [.. SafetyCheck.Of(path)];
    }

    private static void CheckThere(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path) && !Directory.Exists(path))
            throw new FileNotFoundException($"There is no file or folder '{path}'.", path);
    }
}
