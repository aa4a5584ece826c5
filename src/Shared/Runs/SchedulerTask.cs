namespace XlLoraOnnx.Synthesis;

/// <summary>What a scheduler calls this process, for people.</summary>
internal static class SchedulerTask
{
    /// <summary>As squeue shows it; null without Slurm.</summary>
    public static string? Name()
    {
        var array = Environment.GetEnvironmentVariable("SLURM_ARRAY_JOB_ID");
        return array is not null && Environment.GetEnvironmentVariable("SLURM_ARRAY_TASK_ID") is { } task ? $"{array}_{task}"
            : Environment.GetEnvironmentVariable("SLURM_JOB_ID");
    }
}
