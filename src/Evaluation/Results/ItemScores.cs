namespace XlLoraOnnx.Evaluation;

/// <summary>What was measured of each pair or query: a table, column by column.</summary>
/// <param name="Ids">Line of the pair with a hash of its texts and score; or id of the query.</param>
internal sealed record ItemScores(IReadOnlyList<string> Ids, IReadOnlyList<string> Columns, IReadOnlyList<double[]> Values)
{
    public double[] this[string column] => Columns.Index().Where(c => c.Item == column).Select(c => Values[c.Index]).FirstOrDefault() ??
        throw new InvalidDataException($"There is no column \"{column}\"; there are {string.Join(", ", Columns)}.");
}
