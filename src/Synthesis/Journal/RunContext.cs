namespace XlLoraOnnx.Synthesis;

/// <summary>What many answers have in common: model and adapter fingerprints, prompt hash, sampling, engine, tool version.</summary>
/// <param name="Number">Counts from 0 in each journal; answers of that journal name their context by it.</param>
/// <param name="Facts">Any names and values; equal facts are entered once.</param>
internal sealed record RunContext(int Number, IReadOnlyDictionary<string, string> Facts);
