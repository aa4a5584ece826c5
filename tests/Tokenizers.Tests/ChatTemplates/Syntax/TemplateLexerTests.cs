namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>Source to tokens: what belongs to the text around a tag, and what a tag consists of.</summary>
[TestClass]
public sealed class TemplateLexerTests
{
    [TestMethod]
    [DataRow("", "")]
    [DataRow("text", "\"text\"")]
    [DataRow("a{b}c { d", "\"a{b}c { d\"", DisplayName = "braces that begin no tag")]
    [DataRow("a{{x}}b", "\"a\" {{ x }} \"b\"")]
    [DataRow("{{x}}{{y}}", "{{ x }} {{ y }}")]
    [DataRow("{%if x%}", "{% if x %}")]
    [DataRow("a{# {{ x }} #}b", "\"a\" \"b\"")]
    [DataRow("{#-#}", "", DisplayName = "a comment of a sign alone")]
    [DataRow("{{ '}}' }}", "{{ '}}' }}", DisplayName = "the end of a tag within a string")]
    [DataRow("{{ {'a': {}} }}", "{{ { 'a' : { } } }}", DisplayName = "the end of a tag within brackets")]
    [DataRow("{{ [{'a':1}] }}", "{{ [ { 'a' : 1 } ] }}")]
    [DataRow("a\n", "\"a\"", DisplayName = "the last line break goes")]
    [DataRow("a\n\n", "\"a⏎\"")]
    [DataRow("a\r\nb\rc", "\"a⏎b⏎c\"")]
    public void Read_TextAndTags_AreParted(string source, string expected) => Assert.AreEqual(expected, Tokens(source));

    [TestMethod]
    [DataRow("{% x %}\na", "{% x %} \"a\"", DisplayName = "one line break behind a block goes")]
    [DataRow("{% x %}\n\na", "{% x %} \"⏎a\"")]
    [DataRow("{% x +%}\na", "{% x %} \"⏎a\"", DisplayName = "but not behind a plus")]
    [DataRow("{{ x }}\na", "{{ x }} \"⏎a\"", DisplayName = "and not behind an output")]
    [DataRow("{# x #}\na", "\"a\"", DisplayName = "behind a comment it does")]
    [DataRow("a\n  {% x %}", "\"a⏎\" {% x %}", DisplayName = "spaces before a block at the beginning of a line go")]
    [DataRow("  {% x %}", "{% x %}")]
    [DataRow("a  {% x %}", "\"a  \" {% x %}", DisplayName = "but not elsewhere")]
    [DataRow("a\n  {%+ x %}", "\"a⏎  \" {% x %}", DisplayName = "and not before a plus")]
    [DataRow("a\n  {{ x }}", "\"a⏎  \" {{ x }}", DisplayName = "and not before an output")]
    [DataRow("a\n  {# x #}b", "\"a⏎\" \"b\"")]
    [DataRow("{% x %}  {% y %}", "{% x %} \"  \" {% y %}", DisplayName = "a tag stands before them")]
    [DataRow("{% x %}\n  {% y %}", "{% x %} {% y %}")]
    [DataRow("a  \n {%- x %}", "\"a\" {% x %}", DisplayName = "a minus takes white space of all kinds")]
    [DataRow("{% x -%}  \n\n  a", "{% x %} \"a\"")]
    [DataRow("a {{- x -}} b", "\"a\" {{ x }} \"b\"")]
    [DataRow("a {#- x -#} b", "\"a\" \"b\"")]
    [DataRow("{{ x +}}", "{{ x + }}", DisplayName = "a plus before the end of an output is an operator")]
    [DataRow("{{ 1-}} a", "{{ 1 }} \"a\"")]
    [DataRow("{{ -x }}", "{{ - x }}")]
    [DataRow("{{-x }}", "{{ x }}", DisplayName = "the sign belongs to the tag")]
    public void Read_WhiteSpaceAroundTags_IsTreatedAsTransformersAsksFor(string source, string expected) =>
        Assert.AreEqual(expected, Tokens(source));

    [TestMethod]
    [DataRow("{{ a.b[0]|c(d=1) }}", "{{ a . b [ 0 ] | c ( d = 1 ) }}")]
    [DataRow("{{ a//b**c==d!=e<=f>=g }}", "{{ a // b ** c == d != e <= f >= g }}")]
    [DataRow("{{ a~b%c*d/e<f>g,h }}", "{{ a ~ b % c * d / e < f > g , h }}")]
    [DataRow("{{ 12 1_000 1.5 1e3 1.5e-3 2E+2 }}", "{{ 12 1000 f1.5 f1e3 f1.5e-3 f2E+2 }}")]
    [DataRow("{{ 1.x 1..2 }}", "{{ 1 . x 1 . . 2 }}", DisplayName = "a dot without a digit behind it is an operator")]
    [DataRow("{{ x.0.y }}", "{{ x . 0 . y }}", DisplayName = "no number ends with a dot")]
    [DataRow("{{ _a é1 a_b }}", "{{ _a é1 a_b }}")]
    [DataRow("{{ 'a\\'b' \"c\\\"d\" }}", "{{ 'a'b' 'c\"d' }}")]
    [DataRow("{{ 'a\nb' }}", "{{ 'a⏎b' }}")]
    [DataRow("{{\n x\t}}", "{{ x }}")]
    public void Read_InsideOfATag_IsCutIntoWords(string source, string expected) =>
        Assert.AreEqual(expected, Tokens(source));

    [TestMethod]
    [DataRow("a{{ x", 1, 2, "the tag that begins here has no end '}}'")]
    [DataRow("a\n {% x", 2, 2, "the tag that begins here has no end '%}'")]
    [DataRow("{{ (x }}", 1, 7, "'}' closes nothing that is open")]
    [DataRow("a\nb{# x", 2, 2, "the comment that begins here has no end '#}'")]
    [DataRow("{{ \"x }}", 1, 4, "the string that begins here has no closing \"")]
    [DataRow("{{ 'x\\' }}", 1, 4, "the string that begins here has no closing '")]
    [DataRow("{{ x ) }}", 1, 6, "')' closes nothing that is open")]
    [DataRow("{{ (x] }}", 1, 6, "']' closes nothing that is open")]
    [DataRow("{{ x ? y }}", 1, 6, "the character '?' has no meaning here")]
    [DataRow("{{ x & y }}", 1, 6, "the character '&' has no meaning here")]
    [DataRow("{{ x ! y }}", 1, 6, "the character '!' has no meaning here")]
    public void Read_MalformedSource_NamesThePlace(string source, int line, int column, string message) =>
        Templates.AssertInvalid(source, message, line, column);

    [TestMethod]
    [DataRow("{{ 0x1F }}", 4, "only decimal numbers are supported")]
    [DataRow("{{ 0b1 }}", 4, "only decimal numbers are supported")]
    [DataRow("{{ 9223372036854775808 }}", 4, "the number 9223372036854775808 does not fit into 64 bits")]
    public void Read_NumbersThatOnlyPythonKnows_AreRefused(string source, int column, string message) =>
        Templates.AssertUnsupported(source, message, column: column);

    [TestMethod]
    public void Read_Tokens_KnowTheirPlaces()
    {
        var tokens = new TemplateLexer(new TemplateSource("ab{{ x + 'y' }}", "t")).Read();

        CollectionAssert.AreEqual(new[] { 0, 2, 5, 7, 9, 13, 15 }, tokens.Select(t => t.At).ToArray());
        Assert.AreEqual(TemplateTokenKind.End, tokens[^1].Kind);
    }

    private static string Tokens(string source)
    {
        var tokens = new TemplateLexer(new TemplateSource(source, "t")).Read();
        return string.Join(' ', tokens.SkipLast(1).Select(t => t.Kind switch
        {
            TemplateTokenKind.Text => $"\"{t.Value}\"",
            TemplateTokenKind.OutputBegin => "{{",
            TemplateTokenKind.OutputEnd => "}}",
            TemplateTokenKind.BlockBegin => "{%",
            TemplateTokenKind.BlockEnd => "%}",
            TemplateTokenKind.String => $"'{t.Value}'",
            TemplateTokenKind.Float => $"f{t.Value}",
            _ => t.Value,
        })).Replace('\n', '⏎');
    }
}
