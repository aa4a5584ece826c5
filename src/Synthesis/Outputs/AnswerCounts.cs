namespace XlLoraOnnx.Synthesis;

/// <summary>What the last answers of one side by one adapter add up to.</summary>
internal sealed class AnswerCounts
{
    public long Attempts { get; private set; }

    public long Accepted { get; private set; }

    public long Repaired { get; private set; }

    public void Add(in JournalAnswer answer)
    {
        Attempts += answer.Attempt + 1;
        if (answer.Reason is not null)
            return;
        Accepted++;
        Repaired += answer.Repairs.Count > 0 ? 1 : 0;
    }
}
