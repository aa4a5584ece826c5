namespace XlLoraOnnx.Synthesis;

/// <summary>Whether an answer repeats the prompt instead of answering it.</summary>
internal static class EchoOfPrompt
{
    /// <summary>Below this, common turns of phrase would be echoes.</summary>
    public const int ShortestRun = 16;

    private static readonly string[] Labels =
        ["Premise:", "Premise :", "**Premise", "Prémisse:", "Premisa:", "Prämisse:", "前提：", "前提:", "전제:"];

    /// <returns>What is repeated, as a sentence; null if nothing is.</returns>
    public static string? Find(string answer, string prompt, string anchor, int shortest) =>
        Label(answer, anchor) ?? Run(answer, prompt, anchor, shortest);

    private static string? Label(string answer, string anchor)
    {
        if (!answer.AsSpan().ContainsAny(':', '：'))
            return null;
        foreach (var label in Labels)
        {
            for (var at = Find(answer, label, 0); at >= 0; at = Find(answer, label, at + 1))
                if (IsLineStart(answer, at) && !anchor.Contains(label, StringComparison.OrdinalIgnoreCase))
                    return $"It holds \"{label}\" at the start of a line, as the prompt does.";
        }
        return null;
    }

    private static int Find(string text, string label, int from) => text.IndexOf(label, from, StringComparison.OrdinalIgnoreCase);

    private static bool IsLineStart(string text, int at)
    {
        while (at > 0 && text[at - 1] is ' ' or '\t' or '*' or '#' or '"' or '\r')
            at--;
        return at == 0 || text[at - 1] == '\n';
    }

    /// <remarks>
    /// A run of n characters holds one whole block of n / 2 that begins at a multiple of n / 2 in the answer; so few blocks are looked for
    /// in the prompt, and what is found is measured to both sides.
    /// </remarks>
    private static string? Run(string answer, string prompt, string anchor, int shortest)
    {
        var at = anchor.Length == 0 ? -1 : prompt.LastIndexOf(anchor, StringComparison.Ordinal);
        var before = at < 0 ? prompt : prompt.AsSpan(0, at);
        var after = at < 0 ? [] : prompt.AsSpan(at + anchor.Length);
        var block = shortest / 2;
        if (HasWideCharacters(before) || HasWideCharacters(after))
            block = Math.Max(4, shortest / 6);
        for (var from = 0; from + block <= answer.Length; from += block)
        {
            var run = LongestRun(answer, from, block, before);
            if (Weight(run) < shortest)
                run = LongestRun(answer, from, block, after);
            if (Weight(run) >= shortest && !anchor.AsSpan().Contains(run, StringComparison.OrdinalIgnoreCase))
                return $"It repeats the prompt: \"{run.Trim()}\".";
        }
        return null;
    }

    private static ReadOnlySpan<char> LongestRun(ReadOnlySpan<char> answer, int from, int block, ReadOnlySpan<char> prompt)
    {
        var at = prompt.IndexOf(answer.Slice(from, block));
        if (at < 0)
            return [];
        var (start, end) = (0, block);
        while (from + end < answer.Length && at + end < prompt.Length && Same(answer[from + end], prompt[at + end]))
            end++;
        while (from + start > 0 && at + start > 0 && Same(answer[from + start - 1], prompt[at + start - 1]))
            start--;
        return answer[(from + start)..(from + end)];
    }

    private static bool Same(char left, char right) => left == right || char.ToLowerInvariant(left) == char.ToLowerInvariant(right);

    private static int Weight(ReadOnlySpan<char> run)
    {
        var weight = run.Length;
        foreach (var c in run)
            weight += IsWide(c) ? 2 : 0;
        return weight;
    }

    private static bool HasWideCharacters(ReadOnlySpan<char> text) => text.ContainsAnyInRange('\u2E80', '\uD7FF');

    private static bool IsWide(char c) => c is >= '\u2E80' and <= '\uD7FF';
}
