using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace XlLoraOnnx.Synthesis;

/// <summary><c>run.json</c>: what a run is, and when it is done, what came of it.</summary>
internal sealed record RunManifest
{
    public const string FileName = "run.json";
    public const int CurrentFormat = 1;

    public required int Format { get; init; }

    public required string RunId { get; init; }

    /// <summary>UTC, as the first process had it; for people.</summary>
    public required DateTimeOffset Created { get; init; }

    public required string ToolVersion { get; init; }

    public required RunInput Input { get; init; }

    /// <summary>Consecutive anchors that one process takes at a time.</summary>
    public required int ShardRows { get; init; }

    /// <summary>All that the outputs depend on, by name; a run with other values is another run.</summary>
    public required SortedDictionary<string, string> Identity { get; init; }

    /// <summary>The prompts by file name, word for word.</summary>
    public required SortedDictionary<string, string> Prompts { get; init; }

    /// <summary>The options that the run was begun with, a <see cref="RecordedJob"/>; null in runs of before they were recorded.</summary>
    /// <remarks>As it stands: to continue a run nobody needs to understand them.</remarks>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Options { get; init; }

    /// <summary>The command line that began the run, if one did; for people, nothing is read from it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CommandLine { get; init; }

    /// <summary>In runs of before options were recorded: what began the run, if a command line did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RunCommand? Command { get; init; }

    /// <summary>Null until all rows are done and the outputs are written.</summary>
    public RunOutcome? Outcome { get; init; }

    [JsonIgnore]
    public int Shards => (int)((Input.Rows + ShardRows - 1) / ShardRows);

    /// <exception cref="InvalidDataException">It is no such file, or one of a later version.</exception>
    public static RunManifest Read(string path)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), RunJson.Default.RunManifest)
                ?? throw new InvalidDataException($"{path} is null; it must describe a run.");
            if (manifest.Format != CurrentFormat)
                throw new InvalidDataException($"{path} has format {manifest.Format}; this version reads {CurrentFormat}. "
                    + $"It was written by version {manifest.ToolVersion}; continue the run with that.");
            if (manifest.ShardRows < 1 || manifest.Input.Rows < 1)
                throw new InvalidDataException(
                    $"{path} has {manifest.Input.Rows} rows in shards of {manifest.ShardRows}; both must be at least 1. Was it edited?");
            return manifest;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} does not describe a run: {e.Message} Was it edited or cut off?", e);
        }
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, RunJson.Indented.RunManifest);
}

/// <param name="Path">As it was given; for people.</param>
/// <param name="Rows">Anchors of the run: all of the file, or the first ones.</param>
/// <param name="Sha256">Of the whole file.</param>
internal sealed record RunInput(string Path, long Bytes, string Sha256, long Rows, long DistinctAnchors)
{
    /// <summary>Rows that a job decides.</summary>
    public long RowsOf(SynthesisJobOptions job) => (job.Dedupe ? DistinctAnchors : Rows) * job.Synthesis.Samples;
}

/// <param name="Arguments">Of the program.</param>
/// <param name="WorkingFolder">That paths among them start from, relative to the run folder, so that both can be moved together.</param>
internal sealed record RunCommand(IReadOnlyList<string> Arguments, string WorkingFolder)
{
    /// <summary>Arguments as a line that a shell understands.</summary>
    public static string Line(IEnumerable<string> arguments) => "xllora-onnx " + string.Join(' ', arguments.Select(ShellWord.Of));
}

internal sealed record RunOutcome
{
    public required DateTimeOffset Completed { get; init; }

    /// <summary>Answers and retries that the journals held; with more, the outputs are to be written anew.</summary>
    public required long Records { get; init; }

    public required long Triplets { get; init; }

    public required long Rejected { get; init; }

    /// <summary>Rows by the name of the reason.</summary>
    public required SortedDictionary<string, long> Reasons { get; init; }

    /// <summary>Root of the Merkle tree (RFC 6962) whose leaves are the lines of triplets.jsonl and receipts.jsonl, joined by a line
    /// feed.</summary>
    public required string MerkleRoot { get; init; }

    public required SortedDictionary<string, RunFile> Files { get; init; }

    /// <summary>What answers were made with, by the names that receipts use.</summary>
    public required SortedDictionary<string, SortedDictionary<string, string>> Contexts { get; init; }
}

internal sealed record RunFile(long Bytes, string Sha256);

[JsonSerializable(typeof(RunManifest))]
[JsonSerializable(typeof(RecordedJob))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true)]
internal sealed partial class RunJson : JsonSerializerContext
{
    public static RunJson Indented { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
