namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>Every limit at its edge: so much is allowed, one more is not.</summary>
[TestClass]
public sealed class ChatTemplateLimitsTests
{
    [TestMethod]
    public void TemplateCharacters_OneTooMany_IsRefusedBeforeItIsRead()
    {
        var limits = new ChatTemplateLimits { TemplateCharacters = 10 };

        Assert.AreEqual("0123456789", Templates.Render("0123456789", limits));
        var e = Assert.ThrowsExactly<NotSupportedException>(() => Templates.Render("{{ 0123456", limits with { TemplateCharacters = 9 }));
        Assert.AreEqual("Chat template 't' has 10 characters; up to 9 are supported.", e.Message);
    }

    [TestMethod]
    public void OutputCharacters_OneTooMany_StopsTheTemplate()
    {
        const string Source = "{% for i in range(5) %}ab{% endfor %}";

        Assert.AreEqual("ababababab", Templates.Render(Source, new ChatTemplateLimits { OutputCharacters = 10 }));
        AssertStopped(Source, new ChatTemplateLimits { OutputCharacters = 9 }, "it prints more than the 9 characters allowed");
    }

    [TestMethod]
    public void OutputCharacters_TextThatIsCaptured_CountsAsPrinted() =>
        AssertStopped(
            "{% set a %}0123456789{% endset %}", new ChatTemplateLimits { OutputCharacters = 9 }, "it prints more than the 9 characters");

    [TestMethod]
    [DataRow("{{ ", "(", "1", ")", " }}")]
    [DataRow("{{ ", "[", "1", "]", " }}")]
    [DataRow("{{ ", "not ", "1", "", " }}")]
    [DataRow("", "{% if 1 %}", "x", "{% endif %}", "")]
    [DataRow("", "{% for i in [1] %}", "", "{% endfor %}", "")]
    public void Depth_OneTooMany_StopsTheTemplate(string before, string open, string middle, string close, string after)
    {
        var limits = new ChatTemplateLimits { Depth = 20 };
        string Nested(int levels) =>
            before + string.Concat(Enumerable.Repeat(open, levels)) + middle + string.Concat(Enumerable.Repeat(close, levels)) + after;
        var allowed = Enumerable.Range(1, 40).TakeWhile(levels => Renders(Nested(levels), limits)).Count();

        Assert.IsInRange(5, 20, allowed);
        AssertStopped(Nested(allowed + 1), limits, "nested deeper than the 20 levels allowed");
        AssertStopped(Nested(5000), limits, "nested deeper than the 20 levels allowed");
    }

    [TestMethod]
    [DataRow("{% for i in range(100) %}{% endfor %}", DisplayName = "rounds of a loop")]
    [DataRow("{{ l * 40 }}", DisplayName = "items of a list")]
    [DataRow("{{ 'x' * 5000 }}", DisplayName = "characters of a text")]
    [DataRow("{{ range(200)|list|length }}", DisplayName = "numbers")]
    [DataRow("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(9) }}", DisplayName = "calls")]
    public void Steps_EverythingThatGrows_Counts(string template)
    {
        Templates.Render(template);

        AssertStopped(template, new ChatTemplateLimits { Steps = 100 }, "it takes more than the 100 steps allowed");
    }

    [TestMethod]
    public void Steps_OfOneRendering_AreNotThoseOfAnother()
    {
        var limits = new ChatTemplateLimits { Steps = 400 };

        for (var i = 0; i < 10; i++)
            Assert.AreEqual(new string('x', 50), Templates.Render("{% for i in range(50) %}x{% endfor %}", limits));
    }

    [TestMethod]
    public void Steps_FailureInALongTemplate_NamesTheLineThatWasAtWork() =>
        Templates.AssertInvalid(
            "a\n\n{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "steps allowed", line: 3);

    private static bool Renders(string template, ChatTemplateLimits limits)
    {
        try
        {
            Templates.Render(template, limits);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static void AssertStopped(string template, ChatTemplateLimits limits, string message) =>
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Templates.Render(template, limits)).Message, message);
}
