using System.Text.Json;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>Small templates over the same few variables. What is expected of them was taken from Jinja 3.1.6, set up as transformers does.
/// </summary>
internal static class Templates
{
    private static readonly DateTimeOffset Now = new(2024, 7, 6, 13, 4, 5, TimeSpan.Zero);

    private static readonly JsonElement Variables = JsonDocument.Parse("""
        {"x": 1, "s": "Hello Wörld", "l": [3, 1, 2], "m": {"b": 1, "a": "x"},
         "msgs": [{"role": "user", "content": " a "}, {"role": "assistant", "content": "b", "meta": {"n": 2}}]}
        """).RootElement;

    public static string Render(string template, ChatTemplateLimits? limits = null) =>
        ChatTemplate.Parse(template, "'t'", limits).Render(Variables, Now);

    /// <summary>The template is wrong, or fails on its data: what is said about it, and where.</summary>
    public static void AssertInvalid(string template, string message, int line = 1, int? column = null) =>
        AssertMessage(Assert.ThrowsExactly<InvalidDataException>(() => Render(template)).Message, message, line, column);

    /// <summary>Jinja may run it, this interpreter does not.</summary>
    public static void AssertUnsupported(string template, string message, int line = 1, int? column = null) =>
        AssertMessage(Assert.ThrowsExactly<NotSupportedException>(() => Render(template)).Message, message, line, column);

    private static void AssertMessage(string actual, string message, int line, int? column)
    {
        StringAssert.Contains(actual, message);
        StringAssert.StartsWith(actual, $"Chat template 't', line {line}, column {column}");
    }
}
