namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>
/// What <c>tests/Data/journals/before-messagepack.journal</c> holds: written by the tool's own writer of MessagePack, before the official
/// package took its place. Values of every form and length, so that the bytes of both can be compared.
/// </summary>
internal static class RecordedJournal
{
    public const string RunId = "recorded-run";

    public static readonly IReadOnlyList<IReadOnlyDictionary<string, string>> Contexts =
    [
        new Dictionary<string, string>(),
        new Dictionary<string, string> { ["model"] = "gemma", ["prompt"] = "xllora-gen-v1", ["ƙ"] = "𝒳", ["blank"] = "" },
        Enumerable.Range(0, 16).ToDictionary(i => $"fact {i}", i => new string((char)('a' + i), i)),
    ];

    public static readonly IReadOnlyList<JournalRetry> Retries =
    [
        new(RowKey.Of("anchor 1"), SynthesisSide.Positive, 0, 1),
        new(RowKey.Of("anchor 2"), SynthesisSide.Negative, 65536, int.MaxValue),
    ];

    /// <summary>About the last byte of a form and the first of the next.</summary>
    private static readonly int[] Counts =
        [0, 1, 31, 32, 127, 128, 255, 256, 32767, 32768, 65535, 65536, int.MaxValue];

    private static readonly long[] Times =
    [
        0, -1, -32, -33, -128, -129, -32768, -32769, int.MinValue, int.MinValue - 1L, long.MinValue,
        int.MaxValue, int.MaxValue + 1L, uint.MaxValue, uint.MaxValue + 1L, 1_700_000_000_000, long.MaxValue,
    ];

    private static readonly string[] Texts =
    [
        "", "x", new('x', 31), new('x', 32), new string('ƙ', 15) + "y", new('ƙ', 16), new('x', 255), new('ƙ', 128), "\0 \n \"quoted\" \u202E 𝒳 👩‍🌾",
    ];

    public static IReadOnlyList<JournalAnswer> Answers { get; } = [.. Enumerable.Range(0, 40).Select(Answer)];

    private static JournalAnswer Answer(int i) => new()
    {
        Key = RowKey.Of($"anchor {i}", i % 3),
        Side = i % 2 == 0 ? SynthesisSide.Positive : SynthesisSide.Negative,
        Sample = Counts[i * 3 % Counts.Length],
        Attempt = Counts[i * 5 % Counts.Length],
        Context = i % Contexts.Count,
        Finish = Enum.GetValues<FinishReason>()[i % Enum.GetValues<FinishReason>().Length],
        Text = Texts[i % Texts.Length],
        RawText = i % 4 == 0 ? Texts[i / 2 % Texts.Length] : null,
        Repairs = i % 7 == 0 ? [.. Enumerable.Range(0, 1 + i / 7 * 2).Select(r => $"repair-{r}")] : [],
        Reason = i < 2 * Enum.GetValues<RejectionReason>().Length && i % 2 == 0 ? (RejectionReason)(i / 2) : null,
        Detail = i % 5 == 0 ? Texts[i / 5 % Texts.Length] : null,
        PromptTokens = Counts[i * 7 % Counts.Length],
        Tokens = Counts[i * 2 % Counts.Length],
        Milliseconds = Times[i % Times.Length],
    };
}
