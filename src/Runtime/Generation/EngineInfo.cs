namespace XlLoraOnnx.Runtime;

/// <summary>Which engine a loaded model runs on.</summary>
/// <param name="Engine">Never <see cref="TextEngine.Auto"/>.</param>
/// <param name="Reason">Why this one, for a person.</param>
public sealed record EngineInfo(TextEngine Engine, string Reason);
