namespace XlLoraOnnx;

/// <summary>Work that blocks for long, as a task: on a thread of its own, so that it takes none from the pool.</summary>
internal static class OwnThread
{
    /// <summary>Cancelled before it begins, or by an exception that says so: then the task is cancelled.</summary>
    public static async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        await Task.Factory.StartNew(
            work, cancellationToken, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default)
            .ConfigureAwait(false);
}
