using System.Text.Json.Serialization;

namespace XlLoraOnnx.Runtime;

/// <summary>What runs a model that generates text.</summary>
public enum TextEngine
{
    /// <summary>The continuous engine where it can run the folder, else ONNX Runtime GenAI.</summary>
    [JsonStringEnumMemberName("auto")]
    Auto,

    /// <summary>Plain ONNX Runtime sessions: rows come and go one by one, each with an adapter of its own.</summary>
    [JsonStringEnumMemberName("continuous")]
    Continuous,

    /// <summary>Official ONNX Runtime GenAI: batches of one adapter each, held until their last row has ended.</summary>
    [JsonStringEnumMemberName("genai")]
    GenAi,
}
