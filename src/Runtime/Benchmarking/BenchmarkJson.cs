using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace XlLoraOnnx.Runtime;

/// <summary>The report as a file that scripts read: snake_case names.</summary>
internal static class BenchmarkJson
{
    private static readonly BenchmarkJsonContext Context = new(new JsonSerializerOptions(BenchmarkJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Write(GenerationBenchmarkReport report) =>
        JsonSerializer.Serialize(report, Context.GenerationBenchmarkReport) + "\n";
}

[JsonSourceGenerationOptions(
    WriteIndented = true, NewLine = "\n", PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(GenerationBenchmarkReport))]
internal sealed partial class BenchmarkJsonContext : JsonSerializerContext;
