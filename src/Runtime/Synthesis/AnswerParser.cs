namespace XlLoraOnnx.Runtime;

/// <summary>From what the model said to the sentence that is kept.</summary>
/// <remarks>
/// The generator decodes new tokens only, so there is no prompt to cut away, and an answer may hold <c>Premise: </c> or
/// <c>model</c> as text.
/// </remarks>
internal static class AnswerParser
{
    public static string Parse(string decoded) => decoded.Trim();
}
