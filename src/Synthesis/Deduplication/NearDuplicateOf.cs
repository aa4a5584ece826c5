namespace XlLoraOnnx.Synthesis;

/// <summary>An earlier text that is nearly the same.</summary>
/// <param name="Row">Row of the earlier one.</param>
/// <param name="Similarity">Estimated share of triples of characters that the two have in common, 0 to 1.</param>
internal readonly record struct NearDuplicateOf(long Row, double Similarity);
