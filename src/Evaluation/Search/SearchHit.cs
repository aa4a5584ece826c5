namespace XlLoraOnnx.Evaluation;

/// <summary>A document that <see cref="TopKSearch"/> found.</summary>
/// <param name="Document">Row of the document.</param>
/// <param name="Score">Its cosine with the query.</param>
public readonly record struct SearchHit(int Document, float Score);
