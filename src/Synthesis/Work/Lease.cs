using System.Text.Json;
using System.Text.Json.Serialization;

namespace XlLoraOnnx.Synthesis;

[JsonConverter(typeof(JsonStringEnumConverter<LeaseState>))]
internal enum LeaseState
{
    Held,
    Released,
}

/// <summary>What stands in a lease file.</summary>
/// <param name="Beat">Goes up with each heartbeat; that it changes is all that others look at.</param>
internal sealed record Lease(RunOwner Owner, long Beat, LeaseState State)
{
    /// <returns>Null if the bytes are something else: a file is created empty, and people edit files.</returns>
    public static Lease? TryParse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var lease = JsonSerializer.Deserialize(bytes, LeaseJson.Default.Lease);
            return lease is { Owner: { Id: not null, Host: not null, BootId: not null } } ? lease : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, LeaseJson.Default.Lease);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Lease))]
internal sealed partial class LeaseJson : JsonSerializerContext;
