using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Synthesis;

/// <summary>All that the outputs of a run depend on, as names and values that can be compared and shown.</summary>
internal static class RunIdentity
{
    private const string AdapterFact = "adapter", NoAdapter = "none";

    public static SortedDictionary<string, string> Of(RunSource source, SynthesisOptions options, SynthesisJobOptions run, RunInput input)
    {
        var facts = Common(source, options);
        facts["input.sha256"] = input.Sha256;
        facts["input.rows"] = Text(input.Rows);
        facts["samples"] = Text(options.Samples);
        facts["max_attempts"] = Text(options.MaxAttempts);
        facts["dedupe"] = Text(run.Dedupe);
        facts["reject_near_duplicates"] = Text(run.RejectNearDuplicates);
        facts["max_occurrences"] = run.MaxOccurrences is { } most ? Text(most) : "unlimited";
        facts["judge"] = run.Judge is { } judge ? $"{judge.Identity().Fingerprint}, {(run.RejectJudged ? "rejects" : "marks")}" : "none";
        foreach (var side in options.Sides)
        {
            foreach (var (name, value) in AdapterFacts(source, options.Adapters(side)))
                facts[$"{TripletColumns.Of(side)}.{name}"] = value;
        }
        var byRow = options.LanguageColumn is not null && options.Filters.AnswerLanguage is null;
        var filters = byRow ? options.Filters : options.Filters with { AnswerLanguage = options.AnswerLanguage(null) };
        foreach (var (name, value) in filters.Facts())
            facts[name] = value;
        if (byRow)
            facts["filters.language"] = "that of the row";
        return facts;
    }

    /// <summary>What answers are made with: the part of a receipt that many rows have in common.</summary>
    /// <param name="adapter">That made them; null for the base model.</param>
    public static SortedDictionary<string, string> Context(
        RunSource source, SynthesisOptions options, SynthesisSide side, string? adapter)
    {
        var facts = Common(source, options);
        foreach (var (name, value) in AdapterFacts(source, [adapter]))
            facts[name] = value;
        if (options.Strategy is not TranslationStrategy)
            facts["side"] = TripletColumns.Of(side);
        facts["engine"] = source.Engine;
        facts["devices"] = string.Join(", ", source.Devices);
        facts["tool_version"] = source.ToolVersion;
        return facts;
    }

    /// <summary>The adapter of a <see cref="Context"/>; null for the base model.</summary>
    public static string? AdapterOf(IReadOnlyDictionary<string, string> context) =>
        context.GetValueOrDefault(AdapterFact) is { } name && name != NoAdapter ? name : null;

    /// <summary>A short name of a context: the beginning of its SHA-256.</summary>
    public static string NameOf(SortedDictionary<string, string> facts) =>
        Sha256(string.Join('\n', facts.Select(f => $"{f.Key}={f.Value}")))[..16];

    /// <summary>One line for each name whose values differ.</summary>
    public static IReadOnlyList<string> Differences(
        IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> now) =>
    [
        .. before.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
            .Where(k => before.GetValueOrDefault(k) != now.GetValueOrDefault(k))
            .Select(k => $"{k}: {before.GetValueOrDefault(k, "(not there)")} → {now.GetValueOrDefault(k, "(not there)")}"),
    ];

    private static SortedDictionary<string, string> Common(RunSource source, SynthesisOptions options)
    {
        var sampling = options.Sampling ?? source.DefaultSampling;
        var facts = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["base.fingerprint"] = source.BaseFingerprint,
            ["base.precision"] = source.Precision,
            ["strategy"] = options.Strategy.Name,
            ["language"] = options.LanguageColumn is { } column ? $"that of the row, in the column \"{column}\"" : options.Language,
            ["max_new_tokens"] = Text(options.MaxNewTokens),
            ["double_bos"] = Text(options.DoubleBos),
            ["sampling"] = Describe(sampling),
            ["seed"] = Text(sampling.Seed),
        };
        foreach (var (file, text) in options.Strategy.Templates)
            facts[$"prompt.{file}.sha256"] = Sha256(text);
        foreach (var (name, value) in options.Strategy.Settings)
            facts[$"strategy.{name}"] = value;
        return facts;
    }

    private static IEnumerable<(string Name, string Value)> AdapterFacts(RunSource source, IReadOnlyList<string?> adapters)
    {
        yield return (AdapterFact, string.Join(", ", adapters.Select(a => a ?? NoAdapter)));
        if (adapters.Any(a => a is not null))
            yield return ("adapter.sha256", string.Join(", ", adapters.OfType<string>().Select(source.AdapterSha256)));
    }

    private static string Describe(SamplingOptions s) => s.DoSample
        ? string.Create(CultureInfo.InvariantCulture,
            $"temperature {s.Temperature}, top_k {s.TopK}, top_p {s.TopP}, min_p {s.MinP}, repetition_penalty {s.RepetitionPenalty}")
        : string.Create(CultureInfo.InvariantCulture, $"greedy, repetition_penalty {s.RepetitionPenalty}");

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(bool value) => value ? "yes" : "no";
}
