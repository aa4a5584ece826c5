using System.Diagnostics;
using System.Text.Json;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>What transformers and Jinja recorded, character by character.</summary>
[TestClass]
public sealed class ChatTemplateTests
{
    private static readonly DateTimeOffset Now = new(2024, 7, 6, 13, 4, 5, TimeSpan.Zero);

    [TestMethod]
    [DataRow("gemma")]
    [DataRow("llama")]
    public void Render_RecordedChats_GivesWhatTransformersGives(string tokenizer)
    {
        var file = ChatTemplateFile.Load(Repository.Data("tokenizers", tokenizer));
        using var chats = JsonDocument.Parse(File.ReadAllText(Repository.Data("tokenizers", tokenizer, "chat.json")));

        foreach (var chat in chats.RootElement.EnumerateArray())
        {
            var variables = JsonSerializer.SerializeToElement(new Dictionary<string, object?>
            {
                ["messages"] = chat.GetProperty("messages"),
                ["add_generation_prompt"] = chat.GetProperty("add_generation_prompt"),
                ["bos_token"] = file.BosToken,
                ["eos_token"] = file.EosToken,
            });
            Assert.AreEqual(chat.GetProperty("text").GetString(), file.Template.Render(variables));
        }
        Assert.AreEqual(8, chats.RootElement.GetArrayLength());
    }

    [TestMethod]
    public void Render_RecordedConstructs_GivesWhatJinjaGives()
    {
        using var recorded = JsonDocument.Parse(File.ReadAllText(Repository.Data("tokenizers", "jinja-cases.json")));
        var variables = recorded.RootElement.GetProperty("variables");
        var wrong = new List<string>();
        foreach (var item in recorded.RootElement.GetProperty("cases").EnumerateArray())
        {
            var template = item.GetProperty("template").GetString()!;
            var expected = item.TryGetProperty("text", out var text) ? text.GetString() : null;
            var actual = TryRender(template, variables);
            if (actual != expected)
                wrong.Add($"{template}\n  expected {expected ?? "a refusal"}\n  actual   {actual ?? "a refusal"}");
        }

        Assert.IsEmpty(wrong, string.Join('\n', wrong));
        Assert.IsGreaterThan(500, recorded.RootElement.GetProperty("cases").GetArrayLength());
    }

    [TestMethod]
    [DataRow("{{ x ", "line 1, column 1: the tag that begins here has no end '}}'")]
    [DataRow("a\n{% if x %}b", "line 2, column 4: the block 'if' that begins here has no end")]
    [DataRow("a\n  {% for x in y %}", "line 2, column 6: the block 'for'")]
    [DataRow("{# x", "line 1, column 1: the comment")]
    [DataRow("{{ 'x }}", "line 1, column 4: the string")]
    [DataRow("{% endif %}", "'endif' is unknown or stands where it has no meaning")]
    [DataRow("{% break %}", "'break' stands outside a loop")]
    [DataRow("{{ [1, 2 }}", "'}' closes nothing that is open")]
    [DataRow("{{ 1 + }}", "the tag ends where a value is expected")]
    [DataRow("{{ f(a=1, a=2) }}", "the argument 'a' occurs twice")]
    [DataRow("{{ '\\x4' }}", "hexadecimal digits")]
    public void Parse_MalformedTemplate_SaysWhereAndWhat(string template, string message)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => ChatTemplate.Parse(template, "'t'"));

        StringAssert.Contains(error.Message, message);
        StringAssert.Contains(error.Message, "Chat template 't'");
    }

    [TestMethod]
    [DataRow("{{ ''.__class__.__mro__ }}", "'__class__' begins with '_'")]
    [DataRow("{{ ''['__class__'] }}", "'__class__' begins with '_'")]
    [DataRow("{{ [] | map(attribute='__class__') | list }}{{ [''] | map(attribute='__class__') | list }}", "'__class__' begins with '_'")]
    [DataRow("{{ cycler(1) }}", "'cycler'")]
    [DataRow("{{ self.x }}", "'self'")]
    [DataRow("{{ x | attr('y') }}", "the filter 'attr' is not supported; supported are abs")]
    [DataRow("{{ ['x'] | map('pprint') | list }}", "the filter 'pprint'")]
    [DataRow("{{ x is escaped }}", "the test 'escaped'")]
    [DataRow("{% include 'x' %}", "the tag 'include'")]
    [DataRow("{% import 'os' as os %}", "the tag 'import'")]
    [DataRow("{{ [1].append(2) }}", "the method 'append' of a list")]
    [DataRow("{{ {}.update({}) }}", "the method 'update' of a dict")]
    [DataRow("{{ 'x'.format(1) }}", "the method 'format' of a string")]
    [DataRow("{{ '%s' % x }}", "formatting with '%'")]
    [DataRow("{{ range(*x) }}", "(* and **)")]
    [DataRow("{% for x in y recursive %}{% endfor %}", "recursive")]
    public void Render_UnsupportedConstruct_IsRefusedByName(string template, string message)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Render(template));

        StringAssert.Contains(error.Message, message);
        StringAssert.Contains(error.Message, "line 1, column ");
    }

    [TestMethod]
    [DataRow("{{ range(100001) }}", "100001 numbers", DisplayName = "huge range")]
    [DataRow("{{ range(-9223372036854775807, 9223372036854775807) }}", "numbers", DisplayName = "range beyond 64 bits")]
    [DataRow("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "steps", DisplayName = "nested loops")]
    [DataRow("{% for a in range(100000) %}{% for b in range(100000) %}{% continue %}{% endfor %}{% endfor %}",
        "steps", DisplayName = "empty rounds")]
    [DataRow("{{ 'a' * 9223372036854775807 }}", "steps", DisplayName = "long string")]
    [DataRow("{{ 'ab' * 9223372036854775807 }}", "64 bits", DisplayName = "overflowing string")]
    [DataRow("{{ [0] * 1000000000 }}", "steps", DisplayName = "long list")]
    [DataRow("{% set ns = namespace(s='aaaaaaaa') %}{% for a in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "steps", DisplayName = "doubling")]
    [DataRow("{% set ns = namespace(s='aaaa') %}{% for a in range(99) %}{% set ns.s = ns.s.replace('a', 'aaaaaaa') %}{% endfor %}",
        "steps", DisplayName = "replacing")]
    [DataRow("{% set ns = namespace(l=[1]) %}{% for a in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
        "nested deeper", DisplayName = "nested list")]
    [DataRow("{% set ns = namespace(l=[1]) %}{% for a in range(31) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}",
        "steps", DisplayName = "list tree")]
    [DataRow("{% set n = namespace(l=1, m=1) %}{% for a in range(31) %}{% set n.l=[n.l, n.l] %}{% set n.m=[n.m, n.m] %}{% endfor %}" +
        "{{ n.l==n.m }}",
        "steps", DisplayName = "comparing trees")]
    [DataRow("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "nested deeper", DisplayName = "endless macro")]
    [DataRow("{% macro g(n) %}{% if n > 0 %}{{ g(n - 1) }}{{ g(n - 1) }}{% endif %}{% endmacro %}{{ g(20) }}",
        "",
        DisplayName = "branching macro")]
    [DataRow("{% for a in range(100000) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' * 10 }}{% endfor %}",
        "", DisplayName = "long output")]
    [DataRow("{{ ('a' * 999999) in ('a' * 4999999 + 'b') }}", "", DisplayName = "slow search")]
    [DataRow("{{ 'x' | indent(9223372036854775807) }}", "", DisplayName = "wide indent")]
    [DataRow("{{ 10 ** 1000000000000 }}", "64 bits", DisplayName = "power")]
    [DataRow("{{ 1 // 0 }}", "division by zero")]
    [DataRow("{{ -9223372036854775807 - 2 }}", "64 bits")]
    [DataRow("{{ messages.foo.bar }}", "'messages' is undefined")]
    [DataRow("{{ raise_exception('Roles must alternate') }}", "refuses the messages: Roles must alternate")]
    public void Render_TemplateThatAttacksOrFails_IsStoppedInTime(string template, string message)
    {
        var started = Stopwatch.GetTimestamp();

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Render(template));

        StringAssert.Contains(error.Message, message);
        Assert.IsLessThan(TimeSpan.FromSeconds(10), Stopwatch.GetElapsedTime(started));
    }

    [TestMethod]
    public void Parse_DeeplyNested_IsStoppedBeforeTheStack()
    {
        foreach (var (open, close) in ((string, string)[])
            [("(", ")"), ("[", "]"), ("not ", ""), ("-", ""), ("{1:", "}"), ("f(", ")"), ("1 if 1 else ", "")])
            Assert.ThrowsExactly<InvalidDataException>(() => Render("{{ " + Repeat(open) + "1" + Repeat(close) + " }}"), open);
        Assert.ThrowsExactly<InvalidDataException>(() => ChatTemplate.Parse(Repeat("{% if 1 %}") + Repeat("{% endif %}"), "t"));

        foreach (var chain in (string[])["+ 1 ", "| string ", "or 0 ", ".x ", "[0] ", "is true ", "if 1 "])
            Assert.ThrowsExactly<InvalidDataException>(() => Render("{{ 0 " + Repeat(chain) + " }}"), chain);
        Assert.AreEqual(10_001, Render("{{ 1 " + Repeat("~ 1 ") + "}}").Length, "a chain of ~ is one level");

        static string Repeat(string text) => string.Concat(Enumerable.Repeat(text, 10_000));
    }

    [TestMethod]
    public void Parse_TooLong_IsRefused()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => ChatTemplate.Parse(new string('x', 262_145), "t"));

        StringAssert.Contains(error.Message, "262,145");
    }

    [TestMethod]
    public void Render_LongOutput_IsStopped()
    {
        var limits = new ChatTemplateLimits { OutputCharacters = 5000 };
        var template = ChatTemplate.Parse("{% for x in range(1000) %}0123456789{% endfor %}", "t", limits);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => template.Render(JsonSerializer.SerializeToElement(new object())));

        StringAssert.Contains(error.Message, "5,000 characters");
    }

    [TestMethod]
    public void Render_Generation_PrintsItsContent()
    {
        Assert.AreEqual("a1b", Render("a{% generation %}{% set y = 1 %}{{ y }}{% endgeneration %}b{{ y }}"));
    }

    [TestMethod]
    public void Render_WithoutAClock_HasNoStrftimeNow()
    {
        var template = ChatTemplate.Parse("{{ strftime_now is defined }}", "t");

        Assert.AreEqual("False", template.Render(JsonSerializer.SerializeToElement(new object())));
        Assert.AreEqual("True", template.Render(JsonSerializer.SerializeToElement(new object()), Now));
    }

    private static string Render(string template) =>
        ChatTemplate.Parse(template, "'t'").Render(JsonSerializer.SerializeToElement(new Dictionary<string, object> { ["x"] = 1 }), Now);

    private static string? TryRender(string template, JsonElement variables)
    {
        try
        {
            return ChatTemplate.Parse(template, "t").Render(variables, Now);
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException)
        {
            return null;
        }
    }
}
