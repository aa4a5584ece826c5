using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Adapters;

/// <summary>The folder of a result, made beside its name and renamed when it is complete; until then it goes with this object.</summary>
internal sealed class CompositionFolder : IDisposable
{
    /// <summary>How the adapter was made.</summary>
    public const string RecordFile = "composition.json";

    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _output;
    private readonly string _partial;

    public CompositionFolder(string output)
    {
        _output = CheckFree(output);
        _partial = $"{_output}.partial-{Guid.NewGuid().ToString("N")[..8]}";
        Directory.CreateDirectory(_partial);
    }

    /// <returns>The full path.</returns>
    /// <exception cref="IOException">Something is there.</exception>
    public static string CheckFree(string output)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        if (File.Exists(path))
            throw new IOException($"'{path}' is a file. Choose another output folder.");
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
            throw new IOException($"The output folder '{path}' exists and is not empty. Remove it or choose another.");
        return path;
    }

    /// <returns>SHA-256 of the file, in hexadecimal digits.</returns>
    public string WriteWeights(Action<Stream> write)
    {
        var path = Path.Combine(_partial, PeftAdapter.WeightsFile);
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        write(file);
        file.Flush(flushToDisk: true);
        file.Position = 0;
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    public void WriteSettings(JsonObject settings) => Write(PeftAdapter.ConfigFile, settings);

    public void WriteRecord(JsonObject record) => Write(RecordFile, record);

    /// <summary>Gives the finished folder its name.</summary>
    public void Finish()
    {
        if (Directory.Exists(_output))
            Directory.Delete(_output);
        Directory.Move(_partial, _output);
    }

    public void Dispose()
    {
        if (Directory.Exists(_partial))
            Directory.Delete(_partial, recursive: true);
    }

    private void Write(string file, JsonObject json)
    {
        using var stream = new FileStream(Path.Combine(_partial, file), FileMode.CreateNew, FileAccess.Write);
        using (var writer = new Utf8JsonWriter(stream, Indented))
            json.WriteTo(writer);
        stream.WriteByte((byte)'\n');
        stream.Flush(flushToDisk: true);
    }
}
