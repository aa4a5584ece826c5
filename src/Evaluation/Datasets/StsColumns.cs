namespace XlLoraOnnx.Evaluation;

/// <summary>Where a table of sentence pairs has what.</summary>
/// <param name="Second">-1 where both sentences stand in one field.</param>
/// <param name="Subset">-1 where the table has no subsets.</param>
/// <param name="Unquoted">Quotes are text.</param>
internal sealed record StsColumns(int First, int Second, int Score, int Subset, bool HasHeader, bool Unquoted)
{
    public string Layout =>
        Second < 0 ? "sentence pairs (SemRel: Text, Score)" :
        Unquoted ? $"sentence pairs (STS-B, {(HasHeader ? "with" : "without")} header)" :
        Subset >= 0 ? "sentence pairs (STS17: lang, sentence1, sentence2, score)" : "sentence pairs";
}
