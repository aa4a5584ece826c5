using System.Text.Json.Nodes;

namespace XlLoraOnnx.GpuCheck;

/// <summary>The same folder on official ONNX Runtime GenAI.</summary>
internal static class GenAiCheck
{
    private const string CudaLibrary = "libonnxruntime-genai-cuda.so";

    public static JsonObject Parity(CheckOptions options, GoldenModel model, string? adapter)
    {
        if (!options.Device.IsCpu && !File.Exists(Path.Combine(AppContext.BaseDirectory, CudaLibrary)))
            return CheckLog.Open($"{CudaLibrary} is not beside this program");
        var comparison = new LogitsComparison(options.Tolerance);
        using var session = GenAiSession.Load(model.Folder, new AdapterCatalog(model.Folder), canary: false);
        foreach (var prompt in model.Prompts(adapter))
        {
            var logits = session.LastLogits(prompt.InputIds, adapter);
            comparison.Logits(prompt.Logits.AsSpan()[^model.Vocabulary..], logits);
            comparison.Greedy(prompt.Greedy[0], prompt.Margin[0], logits);
        }
        return comparison.Figures();
    }
}
