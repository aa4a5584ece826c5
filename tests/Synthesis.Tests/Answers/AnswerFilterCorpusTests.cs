using System.Text;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>What the filters make of 2,000 spoiled and 2,000 good answers.</summary>
[TestClass]
public sealed class AnswerFilterCorpusTests
{
    private const int Count = 2000;

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public void Check_Of2000SpoiledAnswers_FindsTheRightFaultIn99OfHundred()
    {
        var filter = new AnswerFilter(new AnswerFilterOptions { AnswerLanguage = "English" });
        var table = new SortedDictionary<string, SortedDictionary<string, int>>(StringComparer.Ordinal);
        List<string> wrong = [];

        foreach (var spoiled in new FilterCases().Spoiled(Count))
        {
            var outcome = Outcome(filter, spoiled, out var isRight);
            var row = table.TryGetValue(spoiled.Kind, out var there) ? there : table[spoiled.Kind] = new(StringComparer.Ordinal);
            row[outcome] = row.GetValueOrDefault(outcome) + 1;
            if (!isRight)
                wrong.Add($"{spoiled.Kind} (not {spoiled.Expect} but {outcome}): {spoiled.Answer.Text}");
        }

        var text = new StringBuilder();
        foreach (var (kind, outcomes) in table)
            text.AppendLine($"{kind,-10} {string.Join(", ", outcomes.OrderByDescending(o => o.Value).Select(o => $"{o.Key} {o.Value}"))}");
        TestContext.WriteLine($"{text}{wrong.Count} of {Count} wrong\n{string.Join('\n', wrong.Take(40))}");
        Assert.IsLessThanOrEqualTo(Count / 100, wrong.Count, string.Join('\n', wrong));
    }

    [TestMethod]
    public void Check_Of2000GoodAnswers_LetsThemThroughUntouched()
    {
        var filters = new Dictionary<string, AnswerFilter>();
        List<string> wrong = [];

        foreach (var (language, answer) in new FilterCases().Good(Count))
        {
            if (!filters.TryGetValue(language, out var filter))
                filters.Add(language, filter = new AnswerFilter(new AnswerFilterOptions { AnswerLanguage = language }));
            var verdict = filter.Check(answer);
            if (verdict.Rejected is not null || verdict.Text != answer.Text)
                wrong.Add($"{language}: {answer.Text} → {verdict.Text} {string.Join(',', verdict.Repairs)} {verdict.Rejected}");
        }

        TestContext.WriteLine($"{wrong.Count} of {Count} rejected or changed\n{string.Join('\n', wrong)}");
        Assert.IsLessThanOrEqualTo(Count / 100, wrong.Count, string.Join('\n', wrong));
    }

    /// <returns>The reason; without one the repairs.</returns>
    private static string Outcome(AnswerFilter filter, SpoiledAnswer spoiled, out bool isRight)
    {
        var verdict = filter.Check(spoiled.Answer);
        var rejected = verdict.Rejected;
        if (spoiled.Pair is { } pair && rejected is null)
            rejected = filter.CheckPair(verdict.Text, filter.Check(spoiled.Answer with { Text = pair }).Text);
        var repairs = verdict.Repairs.Select(r => r.Name()).ToArray();
        if (rejected is not null)
        {
            isRight = RejectionReasons.Name(rejected.Reason) == spoiled.Expect.Replace("reject:", "", StringComparison.Ordinal);
            return RejectionReasons.Name(rejected.Reason);
        }
        isRight = repairs.Contains(spoiled.Expect) && FoldedText.Of(verdict.Text) == FoldedText.Of(spoiled.Clean);
        return repairs.Length == 0 ? "kept" : string.Join('+', repairs);
    }
}
