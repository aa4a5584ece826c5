using System.Text;

namespace XlLoraOnnx.Exporter;

/// <summary>The whole lines of an <c>export.journal</c>, up to the first that a crash has damaged.</summary>
internal sealed class JournalEntries
{
    public const string Title = "xllora-onnx export journal 1 ";
    public const string Written = "written";
    public const string Hash = "sha256";

    private readonly HashSet<string> _initializers = [];
    private readonly Dictionary<string, byte[]> _hashes = [];

    /// <summary>Of no journal when there is no file.</summary>
    public static JournalEntries Read(string path)
    {
        var entries = new JournalEntries();
        if (File.Exists(path))
            entries.AddLines(path);
        return entries;
    }

    /// <summary>The first line; null when there is no whole one, empty when it is not a journal's.</summary>
    public string? Identity { get; private set; }

    /// <summary>Initializers that are on the disk.</summary>
    public IReadOnlySet<string> Initializers => _initializers;

    /// <summary>Canonical tensor name → SHA-256.</summary>
    public IReadOnlyDictionary<string, byte[]> Hashes => _hashes;

    public long FirstLineBytes { get; private set; }

    /// <summary>Of all lines that count.</summary>
    public long Bytes { get; private set; }

    private void AddLines(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        // what follows the last line end is torn
        var lines = reader.ReadToEnd().Split('\n')[..^1];
        if (lines is not [var first, .. var rest])
            return;
        Identity = first.StartsWith(Title, StringComparison.Ordinal) ? first[Title.Length..] : "";
        Bytes = FirstLineBytes = Encoding.UTF8.GetByteCount(first) + 1;
        foreach (var line in rest.TakeWhile(TryAdd))
            Bytes += Encoding.UTF8.GetByteCount(line) + 1;
    }

    private bool TryAdd(string line)
    {
        switch (line.Split('\t'))
        {
            case [Written, var initializer]:
                _initializers.Add(initializer);
                return true;
            case [Hash, var tensor, { Length: 64 } hex] when hex.All(char.IsAsciiHexDigit):
                _hashes[tensor] = Convert.FromHexString(hex);
                return true;
            default:
                return false;
        }
    }
}
