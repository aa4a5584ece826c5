using System.Text.Json;
using System.Text.Json.Serialization;

namespace XlLoraOnnx.Synthesis;

/// <summary>A process that works on a run folder.</summary>
/// <param name="Id">Its own, and no other's.</param>
/// <param name="Host">Name of its machine.</param>
/// <param name="BootId">Tells that machine from one of the same name, and from itself before it was started anew; may be empty.</param>
/// <param name="Journal">The journal whose lock it holds as long as it lives; null where locks keep nobody out.</param>
/// <param name="Tool">Its version of xllora-onnx.</param>
internal sealed record RunOwner(string Id, string Host, string BootId, int? Journal, string Tool)
{
    private static readonly string ThisBoot = ReadBootId();

    /// <summary>What its scheduler calls it, for people; null without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Task { get; init; }

    public static RunOwner Create(int? journal) =>
        new(Guid.NewGuid().ToString("n"), Environment.MachineName, ThisBoot, journal, JournalHeader.ThisTool)
        {
            Task = SchedulerTask.Name(),
        };

    [JsonIgnore]
    public bool IsOnThisMachine => Host == Environment.MachineName && BootId == ThisBoot;

    /// <returns>Null if the bytes are something else: a file is created empty, and people edit files.</returns>
    public static RunOwner? TryParse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var owner = JsonSerializer.Deserialize(bytes, RunOwnerJson.Default.RunOwner);
            return owner is { Id: not null, Host: not null, BootId: not null } ? owner : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, RunOwnerJson.Default.RunOwner);

    private static string ReadBootId()
    {
        const string Linux = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Linux) ? File.ReadAllText(Linux).Trim() : "";
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(RunOwner))]
internal sealed partial class RunOwnerJson : JsonSerializerContext;
