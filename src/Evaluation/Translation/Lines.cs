namespace XlLoraOnnx.Evaluation;

/// <summary>A text file of one segment a line; an empty line is an empty segment.</summary>
internal sealed record Lines(string Path, IReadOnlyList<string> Texts)
{
    /// <exception cref="InvalidDataException">It is not UTF-8, or empty.</exception>
    public static async Task<Lines> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        await foreach (var line in StrictUtf8.ReadLinesAsync(path, cancellationToken).ConfigureAwait(false))
            lines.Add(line);
        return lines.Count > 0
            ? new Lines(path, lines)
            : throw new InvalidDataException($"{path} is empty; it must have a segment on each line.");
    }

    public void ThrowIfNotAsLongAs(Lines references)
    {
        if (Texts.Count != references.Texts.Count)
            throw new InvalidDataException(
                $"{Path} has {Texts.Count} lines and {references.Path} has {references.Texts.Count}; each line is the translation of " +
                "the line with the same number, and an empty one stands for an empty translation.");
    }
}
