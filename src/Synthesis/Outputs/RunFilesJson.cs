using System.Text.Json.Serialization;

namespace XlLoraOnnx.Synthesis;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(RunOwner))]
[JsonSerializable(typeof(Lease))]
internal sealed partial class RunFilesJson : JsonSerializerContext;
