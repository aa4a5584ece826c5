namespace XlLoraOnnx.Synthesis;

/// <summary>One sentence of a triplet in the making.</summary>
internal sealed class SentenceWork
{
    public SentenceStatus Status { get; private set; }

    /// <summary>The attempt that is to be made, while open.</summary>
    public int Attempt { get; private set; }

    /// <summary>The attempt of the last answer.</summary>
    public int DecidedAttempt { get; private set; }

    /// <summary>The last answer, as far as there was one.</summary>
    public string? Text { get; private set; }

    public IReadOnlyList<AnswerRepair> Repairs { get; private set; } = [];

    /// <summary>Why the last answer was not taken.</summary>
    public Rejection? Rejected { get; private set; }

    /// <summary>What the generator gave last.</summary>
    public GenerationResult? Generated { get; private set; }

    /// <summary>How often the generator has failed on it.</summary>
    public int Failures { get; set; }

    /// <summary>The attempt that is to be made, if an earlier process left it open.</summary>
    public void Reopen(int attempt) => (Status, Attempt) = (SentenceStatus.Open, attempt);

    public void Decide(GenerationResult generated, AnswerVerdict verdict, int maxAttempts)
    {
        Generated = generated;
        if (verdict.Rejected is not null)
        {
            Refuse(verdict, maxAttempts);
            return;
        }
        (Status, DecidedAttempt) = (SentenceStatus.Accepted, Attempt);
        (Text, Repairs, Rejected) = (verdict.Text, verdict.Repairs, null);
    }

    public void Refuse(AnswerVerdict verdict, int maxAttempts)
    {
        var wasGenerated = verdict.Rejected!.Reason >= RejectionReason.Length;
        (DecidedAttempt, Text, Repairs, Rejected) = (Attempt, wasGenerated ? verdict.Text : null, verdict.Repairs, verdict.Rejected);
        // what is wrong with the prompt is wrong with it again
        var again = wasGenerated && Attempt + 1 < maxAttempts;
        if (again)
            Attempt++;
        Status = again ? SentenceStatus.Open : SentenceStatus.Rejected;
    }
}
