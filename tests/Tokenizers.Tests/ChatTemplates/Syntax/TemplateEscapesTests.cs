namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>Backslashes in string literals.</summary>
[TestClass]
public sealed class TemplateEscapesTests
{
    [TestMethod]
    [DataRow("{{ 'a\\nb\\tc\\\\d\\'e\\\"f' }}", "a\nb\tc\\d'e\"f")]
    [DataRow("{{ '\\x41\\u00e9\\U0001F600' }}", "Aé😀")]
    [DataRow("{{ '\\101\\60\\7'|length }}", "3")]
    [DataRow("{{ '\\101' }}", "A")]
    [DataRow("{{ '\\q\\%' }}", "\\q\\%")]
    [DataRow("{{ 'a\\\nb' }}", "ab")]
    [DataRow("{{ \"it's\" ~ 'a\"b' }}", "it'sa\"b")]
    [DataRow("{{ 'a' 'b' \"c\" }}", "abc")]
    [DataRow("{{ '\\a\\b\\f\\v'|length }}", "4")]
    public void Resolve_Escapes_ArePythons(string template, string expected) =>
        Assert.AreEqual(expected, Templates.Render(template));

    [TestMethod]
    [DataRow("{{ '\\x4' }}", "a \\x, \\u or \\U escape in this string lacks its 2 hexadecimal digits")]
    [DataRow("{{ '\\u12G4' }}", "lacks its 4 hexadecimal digits")]
    [DataRow("{{ '\\U00110000' }}", "lacks its 8 hexadecimal digits")]
    [DataRow("{{ '\\UFFFFFFFF' }}", "lacks its 8 hexadecimal digits")]
    public void Resolve_BrokenEscape_IsRefusedWithThePlaceOfTheString(string template, string message) =>
        Templates.AssertInvalid(template, message, column: 4);

    [TestMethod]
    public void Resolve_CharacterByName_IsNotSupported() =>
        Templates.AssertUnsupported("{{ '\\N{BULLET}' }}", "characters by name (\\N{…}) are not supported; use \\u", column: 4);
}
