namespace XlLoraOnnx.Runtime;

/// <summary>
/// Cuts a text that comes in pieces where the first of some sequences begins. What may be the beginning of one is held back until the text
/// shows that it is not. Where the text is cut does not depend on the pieces: at the sequence that is complete first.
/// </summary>
internal sealed class StopSequences
{
    private readonly IReadOnlyList<string> _sequences;
    private string _held = "";

    public StopSequences(IReadOnlyList<string> sequences)
    {
        if (sequences.Any(string.IsNullOrEmpty))
            throw new ArgumentException("A stop sequence is empty; it would end every answer before it begins.", nameof(sequences));
        _sequences = sequences;
    }

    /// <summary>Whether a sequence was found; the text ends before it.</summary>
    public bool Found { get; private set; }

    /// <returns>The text that is certain to come before any sequence; often empty.</returns>
    public string Append(string piece)
    {
        if (Found)
            return "";
        var text = _held + piece;
        if (FirstToEnd(text) is { } start)
        {
            (Found, _held) = (true, "");
            return text[..start];
        }
        var held = _sequences.Select(s => BeginningAtTheEnd(text, s)).DefaultIfEmpty(0).Max();
        _held = text[^held..];
        return text[..^held];
    }

    /// <summary>What was held back; the text is at its end.</summary>
    public string Finish()
    {
        var rest = _held;
        _held = "";
        return rest;
    }

    /// <returns>Where the sequence begins that ends first, of several the longest; null if there is none.</returns>
    private int? FirstToEnd(string text)
    {
        (int End, int Start)? first = null;
        foreach (var sequence in _sequences)
        {
            var start = text.IndexOf(sequence, StringComparison.Ordinal);
            var found = (End: start + sequence.Length, Start: start);
            if (start >= 0 && (first is null || found.CompareTo(first.Value) < 0))
                first = found;
        }
        return first?.Start;
    }

    /// <returns>How many characters at the end of the text are the beginning of the sequence, which is not in it.</returns>
    private static int BeginningAtTheEnd(string text, string sequence)
    {
        for (var length = Math.Min(text.Length, sequence.Length - 1); length > 0; length--)
        {
            if (text.EndsWith(sequence[..length], StringComparison.Ordinal))
                return length;
        }
        return 0;
    }
}
