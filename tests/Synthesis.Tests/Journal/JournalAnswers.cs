namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Answers of all kinds for tests of the journal.</summary>
internal static class JournalAnswers
{
    public const string RunId = "run-1";

    public static readonly IReadOnlyDictionary<string, string> Facts =
        new Dictionary<string, string> { ["model"] = "gemma", ["prompt"] = "xllora-gen-v1", ["tool"] = "0.1.0" };

    /// <summary>The same number gives the same answer; the length of its text varies.</summary>
    public static JournalAnswer Make(int i, int context = 0) => new()
    {
        Key = RowKey.Of($"anchor {i / 2}"),
        Side = i % 2 == 0 ? SynthesisSide.Positive : SynthesisSide.Negative,
        Sample = i % 3,
        Attempt = i % 5,
        Context = context,
        Finish = i % 7 == 0 ? FinishReason.Length : FinishReason.Stop,
        Text = $"answer {i} ƙ 𝒳\n" + new string('x', i * 13 % 90),
        RawText = i % 4 == 0 ? $"\"answer {i}\"" : null,
        Repairs = i % 4 == 0 ? ["quotes", "preamble"] : [],
        Reason = i % 3 == 0 ? (RejectionReason)(i % 18) : null,
        Detail = i % 3 == 0 ? "because" : null,
        PromptTokens = 100 + i,
        Tokens = i,
        Milliseconds = 1_700_000_000_000 - i,
    };

    public static void AreEqual(JournalAnswer expected, JournalAnswer actual)
    {
        CollectionAssert.AreEqual(expected.Repairs.ToArray(), actual.Repairs.ToArray());
        Assert.AreEqual(expected, actual with { Repairs = expected.Repairs });
    }

    /// <summary>A journal with so many answers; gives the offsets of their records.</summary>
    public static List<long> Write(string folder, int count, int first = 0)
    {
        using var journal = RunJournal.Open(folder, RunId);
        int context = journal.AddContext(Facts);
        return [.. Enumerable.Range(first, count).Select(i => journal.Append(Make(i, context)))];
    }

    public static string File(string folder, int number = 1) => new JournalFolder(folder).Journal(number);

    /// <summary>The answers in a journal are these and no others.</summary>
    public static void Holds(string path, IEnumerable<int> numbers)
    {
        using var reader = new JournalReader(path);
        var answers = reader.Answers().Select(a => a.Answer).ToArray();
        var expected = numbers.Select(i => Make(i)).ToArray();
        Assert.HasCount(expected.Length, answers);
        for (int i = 0; i < expected.Length; i++)
            AreEqual(expected[i], answers[i]);
    }
}
