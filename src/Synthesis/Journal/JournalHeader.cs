using System.Buffers;
using System.Reflection;
using MessagePack;

namespace XlLoraOnnx.Synthesis;

/// <summary>The first value of a journal: <c>["xllora-onnx journal", version, run id, version of the tool that began it]</c>.</summary>
internal sealed record JournalHeader(string RunId, string Tool)
{
    /// <summary>More than any header has.</summary>
    public const int MaxBytes = 1024;

    private const string Format = "xllora-onnx journal";
    private const int Version = 1;
    private const int Values = 4;

    /// <summary>Bytes that are the same in all headers of this version: the array, its format and version.</summary>
    public static int FixedBytes { get; } = 1 + 1 + Format.Length + 1;

    /// <summary>The version of this tool, as it stands in headers.</summary>
    public static string ThisTool { get; } =
        typeof(JournalHeader).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "?";

    /// <summary>The bytes of a header for a journal that this tool begins.</summary>
    public static byte[] Write(string runId)
    {
        var bytes = new ArrayBufferWriter<byte>(MaxBytes);
        var writer = new MessagePackWriter(bytes);
        writer.WriteArrayHeader(Values);
        writer.Write(Format);
        writer.Write(Version);
        writer.Write(runId);
        writer.Write(ThisTool);
        writer.Flush();
        return bytes.WrittenCount <= MaxBytes
            ? bytes.WrittenSpan.ToArray()
            : throw new ArgumentException($"The run id has {runId.Length} characters; it must be much shorter.", nameof(runId));
    }

    /// <summary>Reads the first value of a file.</summary>
    /// <param name="start">The first bytes of the file, <see cref="MaxBytes"/> if it has them.</param>
    /// <param name="bytes">Length of the header.</param>
    /// <exception cref="InvalidDataException">It is none, or not whole.</exception>
    /// <exception cref="NotSupportedException">It is one of another version.</exception>
    public static JournalHeader Read(ReadOnlyMemory<byte> start, string path, out int bytes)
    {
        try
        {
            (var header, bytes) = JournalValues.Decode(start, path, static (ref reader, path) => Read(ref reader, path));
            return header;
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{path}' is no journal of xllora-onnx: {e.Message}. Move it out of the run folder.", e);
        }
    }

    private static (JournalHeader Header, int Bytes) Read(ref MessagePackReader reader, string path)
    {
        int values = reader.ReadArrayHeader();
        if (values < 2 || reader.ReadText() != Format)
            throw new InvalidDataException($"the first value is not [\"{Format}\", {Version}, …]");
        long version = reader.ReadInt64();
        if (version != Version)
        {
            throw new NotSupportedException($"'{path}' is a journal of version {version}, and xllora-onnx {ThisTool} reads version "
                + $"{Version}. Use the version of xllora-onnx that wrote it.");
        }

        var header = new JournalHeader(reader.ReadText(), reader.ReadText());
        for (; values > Values; values--)
            reader.Skip();
        return (header, (int)reader.Consumed);
    }
}
