using CsCheck;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>What may stand in a journal, by chance: an answer or the opening of another attempt.</summary>
internal sealed record JournalEntry(JournalAnswer? Answer, JournalRetry? Retry);

/// <summary>Generators of <see cref="JournalEntry"/>: any texts, and numbers about the places where their form changes.</summary>
internal static class JournalGen
{
    public static readonly IReadOnlyList<IReadOnlyDictionary<string, string>> Contexts =
        [JournalAnswers.Facts, new Dictionary<string, string>(), new Dictionary<string, string> { ["device"] = "cuda:1", ["ƙ"] = "𝒳" }];

    private static readonly Gen<string> Piece = Gen.OneOf<string>(
        Gen.OneOf("𝒳", "ƙ", "\0", "\n", "\"", "", "\u202E", "\uFFFD", new string('x', 31), new string('é', 128), new string('w', 400)),
        Gen.Char['a', 'z'].Array[0, 20].Select(c => new string(c)));

    /// <summary>Whole characters only: half of a surrogate pair is not what is read back.</summary>
    public static readonly Gen<string> Text = Piece.Array[0, 4].Select(string.Concat);

    public static readonly Gen<int> Count = Gen.OneOf<int>(
        Gen.Int[0, 300], Gen.OneOf(127, 128, 255, 256, 32767, 32768, 65535, 65536, int.MaxValue));

    private static readonly Gen<SynthesisSide> Side = Gen.Enum<SynthesisSide>();

    /// <summary>Few keys, so that several records are about one sentence.</summary>
    private static readonly Gen<RowKey> Key = Gen.Int[0, 5].Select(i => RowKey.Of($"anchor {i}"));

    public static readonly Gen<JournalAnswer> Answer = Gen.Select(
        Gen.Select(Key, Side, Count, Count), Gen.Int[0, 2], Gen.Enum<FinishReason>(), Text, Gen.Null(Text), Text.Array[0, 3],
        Gen.Nullable(Gen.Enum<RejectionReason>()), Gen.Select(Gen.Null(Text), Count, Count, Gen.Long),
        (sentence, context, finish, text, raw, repairs, reason, rest) => new JournalAnswer
        {
            Key = sentence.Item1,
            Side = sentence.Item2,
            Sample = sentence.Item3,
            Attempt = sentence.Item4,
            Context = context,
            Finish = finish,
            Text = text,
            RawText = raw,
            Repairs = repairs,
            Reason = reason,
            Detail = rest.Item1,
            PromptTokens = rest.Item2,
            Tokens = rest.Item3,
            Milliseconds = rest.Item4,
        });

    public static readonly Gen<JournalEntry> Entry = Gen.Frequency<JournalEntry>(
        (5, Answer.Select(a => new JournalEntry(a, null))),
        (1, Gen.Select(Key, Side, Count, Count, (key, side, sample, attempt) =>
            new JournalEntry(null, new JournalRetry(key, side, sample, attempt)))));

    public static readonly Gen<JournalEntry[]> Entries = Entry.Array[1, 20];

    /// <summary>Appends them in so many sittings, each of which continues the journal of the one before.</summary>
    /// <returns>They as they were written: with the numbers that their contexts have in this journal.</returns>
    public static JournalEntry[] Write(string folder, JournalEntry[] entries, int sittings = 1)
    {
        List<JournalEntry> written = [];
        foreach (var part in entries.Chunk(Math.Max(1, (entries.Length + sittings - 1) / sittings)))
        {
            using var journal = RunJournal.Open(folder, JournalAnswers.RunId);
            foreach (var entry in part)
            {
                if (entry.Answer is { } answer)
                {
                    answer = answer with { Context = journal.AddContext(Contexts[answer.Context]) };
                    journal.Append(answer);
                    written.Add(new JournalEntry(answer, null));
                }
                else
                {
                    journal.Append(entry.Retry!.Value);
                    written.Add(entry);
                }
            }
        }

        return [.. written];
    }

    public static List<JournalEntry> Read(string path)
    {
        using var reader = new JournalReader(path);
        return [.. reader.Scan().ToArray().Select(m => At(reader, m))];
    }

    public static JournalEntry At(JournalReader reader, JournalMark mark) => mark.IsRetry
        ? new(null, new(mark.Key, mark.Side, mark.Sample, mark.Attempt)) : new(reader.Read(mark.Offset), null);

    /// <summary>Where the answers and retries of a journal begin and end; contexts stand between them.</summary>
    public static (long Start, long End)[] Places(string path)
    {
        using var reader = new JournalReader(path);
        var bytes = File.ReadAllBytes(path);
        return [.. reader.Scan().Select(m =>
            (m.Offset, m.Offset + JournalFrame.HeaderBytes + JournalFrame.PayloadLength(bytes.AsSpan((int)m.Offset))))];
    }

    public static void AreEqual(IReadOnlyList<JournalEntry> expected, IReadOnlyList<JournalEntry> actual)
    {
        Assert.HasCount(expected.Count, actual);
        for (int i = 0; i < expected.Count; i++)
            Assert.IsTrue(IsSame(expected[i], actual[i]), $"record {i}: expected {expected[i]}, read {actual[i]}");
    }

    public static bool IsSame(JournalEntry expected, JournalEntry actual) => (expected.Answer, actual.Answer) switch
    {
        ({ } e, { } a) => e.Repairs.SequenceEqual(a.Repairs) && e == a with { Repairs = e.Repairs },
        (null, null) => expected.Retry == actual.Retry,
        _ => false,
    };
}
