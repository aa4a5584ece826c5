namespace XlLoraOnnx.Synthesis;

/// <summary>Where tests make a process die or fail. Nothing else uses it.</summary>
internal static class RunFaults
{
    /// <summary>Called with each point that is passed and the file it is about, on the thread that passes it.</summary>
    public static Action<RunPoint, string>? At { get; set; }

    /// <summary>Of a journal, written at a time. Where they are few, records are cut anywhere.</summary>
    public static int BytesPerFlush { get; set; } = 1 << 16;

    public static void Pass(RunPoint point, string path) => At?.Invoke(point, path);
}
