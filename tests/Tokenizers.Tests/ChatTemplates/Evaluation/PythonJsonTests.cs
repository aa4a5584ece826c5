namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>json.dumps.</summary>
[TestClass]
public sealed class PythonJsonTests
{
    [TestMethod]
    [DataRow("{{ {'a': 1, 'b': [true, none, 1.5], 'c': {}}|tojson }}", "{\"a\": 1, \"b\": [true, null, 1.5], \"c\": {}}")]
    [DataRow("{{ [1, 'a', {'k': []}]|tojson(indent=2) }}", "[\n  1,\n  \"a\",\n  {\n    \"k\": []\n  }\n]")]
    [DataRow("{{ {'b': {'z': 1, 'a': 2}, 'a': 1}|tojson(sort_keys=true) }}", "{\"a\": 1, \"b\": {\"a\": 2, \"z\": 1}}")]
    [DataRow(
        "{{ {'a': 1, 'b': 2}|tojson(separators=(',', ':')) }}|{{ [1, 2]|tojson(indent=1, separators=(';', '=')) }}",
        "{\"a\":1,\"b\":2}|[\n 1;\n 2\n]")]
    [DataRow("{{ 'é😀<&>\\'\"\\\\\\n\\t\\b\\f\\r\\x01\\u2028'|tojson }}", "\"é😀<&>'\\\"\\\\\\n\\t\\b\\f\\r\\u0001\u2028\"")]
    [DataRow("{{ 'é😀\\x7f'|tojson(ensure_ascii=true) }}", "\"\\u00e9\\ud83d\\ude00\\u007f\"")]
    [DataRow("{{ {1: 'a', 1.5: 'b', none_such|default('k'): 'c', true: 'd'}|tojson }}", "{\"1\": \"d\", \"1.5\": \"b\", \"k\": \"c\"}")]
    [DataRow("{{ (1, (2,))|tojson }}", "[1, [2]]")]
    [DataRow("{{ 1e16|tojson }}", "1e+16")]
    [DataRow("{{ 1e-7|tojson }}", "1e-07")]
    [DataRow("{{ 'x'|tojson }}", "\"x\"")]
    [DataRow("{{ none|tojson }}", "null")]
    [DataRow("{{ [[]]|tojson(indent=4) }}|{{ {}|tojson(indent=2) }}|{{ [1]|tojson(indent=0) }}", "[\n    []\n]|{}|[\n1\n]")]
    [DataRow("{{ [1]|tojson(indent='--') }}", "[\n--1\n]")]
    public void Of_Values_PrintsThemAsJsonDumpsDoes(string template, string expected) =>
        Assert.AreEqual(expected, Templates.Render(template));

    [TestMethod]
    [DataRow("{{ none_such|tojson }}", "tojson cannot print an undefined value ('none_such' is undefined)")]
    [DataRow("{{ range(2)|tojson }}", "tojson cannot print a range")]
    [DataRow("{{ m.items()|tojson }}", "tojson cannot print a generator")]
    [DataRow("{{ m|tojson(indent=65) }}", "tojson was given an integer as 'indent', expected an integer up to 64")]
    [DataRow("{{ m|tojson(indent=[1]) }}", "tojson was given a list as 'indent', expected an integer up to 64")]
    [DataRow("{{ m|tojson(separators=',') }}", "tojson takes two short strings as 'separators'")]
    [DataRow("{{ m|tojson(separators=(',', 1)) }}", "tojson takes two short strings as 'separators'")]
    [DataRow("{{ m|tojson(cls=1) }}", "tojson has no argument 'cls'")]
    public void Of_WhatIsNoJson_IsRefused(string template, string message) => Templates.AssertInvalid(template, message);

    [TestMethod]
    public void Of_NotFinite_IsWhatPythonWrites() =>
        Assert.AreEqual("[NaN, Infinity, -Infinity]", Templates.Render("{{ ['nan'|float, 'inf'|float, '-inf'|float]|tojson }}"));
}
