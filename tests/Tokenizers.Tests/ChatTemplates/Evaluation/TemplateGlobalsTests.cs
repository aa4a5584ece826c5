namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>range, namespace, raise_exception and strftime_now.</summary>
[TestClass]
public sealed class TemplateGlobalsTests
{
    [TestMethod]
    [DataRow("{{ range(3)|list }}", "[0, 1, 2]")]
    [DataRow("{{ range(1, 4)|list }}", "[1, 2, 3]")]
    [DataRow("{{ range(5, 0, -2)|list }}", "[5, 3, 1]")]
    [DataRow("{{ range(0)|list }}", "[]")]
    [DataRow("{{ range(3, 1)|list }}", "[]")]
    [DataRow("{{ strftime_now('%Y-%m-%d %H:%M:%S') }}", "2024-07-06 13:04:05")]
    [DataRow("{{ strftime_now('%d %b %Y') }}", "06 Jul 2024")]
    [DataRow("{{ strftime_now('%A, %B %d, %y') }}", "Saturday, July 06, 24")]
    [DataRow("{{ strftime_now('%I:%M %p') }}", "01:04 PM")]
    [DataRow("{{ strftime_now('%j') }}", "188")]
    [DataRow("{{ strftime_now('%a') }}", "Sat")]
    [DataRow("{{ strftime_now('100%%') }}", "100%")]
    [DataRow("{{ strftime_now('%F %T') }}", "2024-07-06 13:04:05")]
    [DataRow("{{ strftime_now('') }}", "")]
    [DataRow("{% set ns = namespace() %}{% set ns.x = [1] %}{{ ns.x }}[{{ ns.y }}]", "[1][]")]
    public void Call_Functions_GivesWhatJinjaGives(string template, string expected) =>
        Assert.AreEqual(expected, Templates.Render(template));

    [TestMethod]
    [DataRow("{{ range() }}", "range() takes one to three arguments by position")]
    [DataRow("{{ range(stop=3) }}", "range() takes one to three arguments by position")]
    [DataRow("{{ range('3') }}", "range() was given a string as 'start', expected an integer")]
    [DataRow("{{ range(1, 5, 0) }}", "the step of range() is 0")]
    [DataRow("{{ range(100001) }}", "range() gives 100001 numbers; 100,000 are allowed")]
    [DataRow("{{ namespace(1) }}", "namespace() takes arguments by name, or a dict")]
    [DataRow("{{ namespace({1: 2}) }}", "namespace() takes a dict with strings as keys")]
    [DataRow("{{ raise_exception('No!') }}", "it refuses the messages: No!")]
    [DataRow("{{ raise_exception() }}", "raise_exception() lacks its argument 'message'")]
    [DataRow("{{ strftime_now() }}", "strftime_now() lacks its argument 'format'")]
    public void Call_WrongArguments_AreRefused(string template, string message) => Templates.AssertInvalid(template, message);

    [TestMethod]
    [DataRow("{{ strftime_now('%Q') }}", "'%Q' in strftime_now() is not supported; %d %m %Y")]
    [DataRow("{{ strftime_now('%') }}", "'% ' in strftime_now() is not supported")]
    [DataRow("{{ strftime_now('%-d') }}", "'%-' in strftime_now() is not supported")]
    public void StrFTimeNow_UnknownDirective_IsRefusedByName(string template, string message) =>
        Templates.AssertUnsupported(template, message);
}
