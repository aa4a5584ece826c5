namespace XlLoraOnnx.Synthesis;

/// <summary>The language that a text seems to be in.</summary>
/// <param name="Code">ISO 639-3, or <c>und</c> where the text has no letters or none of a known script.</param>
/// <param name="Name">English name.</param>
/// <param name="Margin">
/// How far the runner-up is behind, in nats: below 5 the two are hardly told apart. Infinite where the script alone decides.
/// </param>
public readonly record struct LanguageGuess(string Code, string Name, double Margin);
