using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>Options of sessions over our graphs, whose failures come as exceptions and not as lines on the console.</summary>
internal static class QuietSession
{
    /// <summary>
    /// Every optional LoRA input makes a warning that it is no constant, which is what it is for. The level is the session's own: what
    /// else runs ONNX Runtime in the process keeps its messages.
    /// </summary>
    public static SessionOptions Options() => new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
}
