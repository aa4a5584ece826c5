namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>A process that works, or has worked, on a run.</summary>
/// <param name="Ids">Under which it writes answers and owns shards.</param>
/// <param name="Host">Name of its machine.</param>
/// <param name="Task">What its scheduler calls it; null without one.</param>
/// <param name="HasEnded">Whether it has given back what it had, at its end.</param>
/// <param name="Silence">Since it last renewed its claims, by the clock of the server.</param>
/// <param name="Timeout">Of its claims.</param>
/// <param name="Shards">That it has claimed and not finished.</param>
/// <param name="HasExpired">Whether none of these claims counts any more.</param>
internal sealed record Worker(
    Guid[] Ids, string Host, string? Task, bool HasEnded, TimeSpan Silence, TimeSpan Timeout, int Shards, bool HasExpired)
{
    /// <summary>What it does.</summary>
    public RunTaskState State => Shards > 0 ? HasExpired ? RunTaskState.Lost : RunTaskState.Working
        : HasEnded || Silence > Timeout ? RunTaskState.Ended : RunTaskState.Idle;
}
