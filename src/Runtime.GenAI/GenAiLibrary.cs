using Microsoft.ML.OnnxRuntimeGenAI;

namespace XlLoraOnnx.Runtime.GenAI;

/// <summary>
/// The process-wide state of the native library: telemetry is switched off before its first call, and it is shut down once, at process
/// exit, because GenAI aborts a process that ends without it.
/// </summary>
internal static class GenAiLibrary
{
    private static readonly Lazy<OgaHandle> Handle = new(() =>
    {
        Environment.SetEnvironmentVariable("ORT_DISABLE_TELEMETRY", "1");
        var handle = new OgaHandle();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => handle.Dispose();
        return handle;
    });

    public static void Start() => _ = Handle.Value;
}
