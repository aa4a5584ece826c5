namespace XlLoraOnnx.Training;

/// <summary>Where tests make a run die or fail. Nothing else uses it.</summary>
internal static class RunFaults
{
    /// <summary>Called with each point that is passed on this thread and the file or folder that it is about.</summary>
    [field: ThreadStatic]
    public static Action<RunPoint, string>? At { get; set; }

    public static void Pass(RunPoint point, string path) => At?.Invoke(point, path);
}

/// <summary>Places where a process that dies leaves the files of a run in a state of its own.</summary>
internal enum RunPoint
{
    BeforeCreate,

    /// <summary>The bytes have been handed over, and may not be on the disk.</summary>
    WithinWrite,
    AfterWrite,
    BeforeRename,
    AfterRename,
    BeforeDelete,
    AfterDelete,
}
