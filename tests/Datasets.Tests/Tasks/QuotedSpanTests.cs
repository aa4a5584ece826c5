namespace XlLoraOnnx.Datasets.Tests;

[TestClass]
public sealed class QuotedSpanTests
{
    [TestMethod]
    [DataRow("He said \"no\" in 1948.", "1948", "He said 'no' in \"1948\".")]
    [DataRow("a “b” c", "“b”", "a \"'b'\" c")]
    [DataRow("ঢাকা শহর", "ঢাকা", "\"ঢাকা\" শহর")]
    public void Mark_ContextWithQuotes_HasThoseOfTheAnswerAlone(string context, string answer, string marked) =>
        Assert.AreEqual(marked, QuotedSpan.Mark(context, new TaskAnswer(answer, context.IndexOf(answer, StringComparison.Ordinal))));

    [TestMethod]
    [DataRow("In \"1948\" it was", "In 1948 it was", "1948", 3)]
    [DataRow("In \" 1948 \" it was", "In  1948  it was", "1948", 4)]
    [DataRow("«القاهرة» مدينة", "القاهرة مدينة", "القاهرة", 0)]
    [DataRow("it's “Dhaka”, the city", "it's Dhaka, the city", "Dhaka", 5)]
    // three quotes: the first and the last
    [DataRow("a \"b\" c\" d", "a b c d", "b c", 2)]
    // straight ones stand above others
    [DataRow("a «b» \"c\" d", "a «b» c d", "c", 6)]
    public void Find_TranslationWithQuotes_IsWhereTheAnswerStands(string translation, string context, string answer, int start)
    {
        var span = QuotedSpan.Find(translation);

        Assert.AreEqual(new QuotedSpan(context, new TaskAnswer(answer, start), QuotedSpanOutcome.Found), span);
        Assert.AreEqual(answer, span.Context.Substring(start, answer.Length));
    }

    [TestMethod]
    [DataRow("no quotes", "no quotes", QuotedSpanOutcome.NoQuotes)]
    [DataRow("one \" quote", "one  quote", QuotedSpanOutcome.OneQuote)]
    [DataRow("a \"\" b", "a  b", QuotedSpanOutcome.Empty)]
    public void Find_TranslationWithoutThem_SaysWhatIsMissing(string translation, string context, QuotedSpanOutcome outcome) =>
        Assert.AreEqual(new QuotedSpan(context, null, outcome), QuotedSpan.Find(translation));

    [TestMethod]
    public void Mark_AnswerThatIsElsewhere_IsTheCallersFault()
    {
        Assert.ThrowsExactly<ArgumentException>(() => QuotedSpan.Mark("a b", new TaskAnswer("b", 0)));
        Assert.ThrowsExactly<ArgumentException>(() => QuotedSpan.Mark("a b", new TaskAnswer("b", -1)));
        Assert.ThrowsExactly<ArgumentException>(() => QuotedSpan.Mark("a b", new TaskAnswer("bc", 2)));
    }
}
