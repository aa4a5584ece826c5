namespace XlLoraOnnx.Evaluation;

/// <summary>What stood before texts when they were embedded.</summary>
/// <param name="Texts"><c>sentences</c>, <c>queries</c> or <c>documents</c>.</param>
/// <param name="Prompt">Empty for nothing.</param>
/// <param name="Name">Its name among the model's prompts; null where the options gave it, or there was none.</param>
public sealed record UsedPrompt(string Texts, string Prompt, string? Name);
