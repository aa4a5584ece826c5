namespace Findings;

using Microsoft.ML.OnnxRuntime;

/// <summary>Sessions over models made in memory.</summary>
static class Ort
{
    public static InferenceSession Open(byte[] model, int threads = 1, OrtLoggingLevel log = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL)
    {
        using var options = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = log };
        return new InferenceSession(model, options);
    }

    public static OrtValue Of<T>(T[] values, params long[] dims) where T : unmanaged =>
        OrtValue.CreateTensorValueFromMemory(values, dims);

    public static float[] Floats(this InferenceSession session, string output, params (string Name, OrtValue Value)[] feeds)
    {
        using var options = new RunOptions();
        return session.Floats(options, output, feeds);
    }

    public static float[] Floats(
        this InferenceSession session, RunOptions options, string output, params (string Name, OrtValue Value)[] feeds)
    {
        using var results = session.Run(options, [.. feeds.Select(f => f.Name)], [.. feeds.Select(f => f.Value)], [output]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>The fastest of many runs, in milliseconds.</summary>
    public static double Fastest(byte[] model, string output, params (string Name, OrtValue Value)[] feeds)
    {
        using var session = Open(model);
        using var options = new RunOptions();
        var best = double.MaxValue;
        for (var i = 0; i < 60; i++)
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            using var results = session.Run(options, [.. feeds.Select(f => f.Name)], [.. feeds.Select(f => f.Value)], [output]);
            best = Math.Min(best, System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return best;
    }
}
