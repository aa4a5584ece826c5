namespace XlLoraOnnx.Synthesis;

/// <summary>A language that can be told: ISO 639-3 code, English name and the scripts that it is written in.</summary>
internal sealed record LanguageEntry(string Code, string Name, Script[] Scripts);
