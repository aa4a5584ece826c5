namespace XlLoraOnnx.Tokenizers;

/// <summary>What one side of a conversation said.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>; a template may know fewer.</param>
/// <param name="Content">The text.</param>
public sealed record ChatTurn(string Role, string Content);
