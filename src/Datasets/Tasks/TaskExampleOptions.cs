namespace XlLoraOnnx.Datasets;

/// <summary>Which side of a translated example columns named <c>FIELD_translated</c> are.</summary>
public enum TranslatedColumns
{
    /// <summary>Translations of a target text into the source language, as of test data.</summary>
    Source,

    /// <summary>The target text, translated from the source language, as of training data.</summary>
    Target,
}

/// <summary>How rows of a task are read.</summary>
public sealed record TaskExampleOptions
{
    /// <summary>Field (<c>premise</c>, <c>hypothesis</c>, <c>text</c>, <c>question</c>, <c>context</c>, <c>label</c>, <c>answers</c>,
    /// <c>id</c>, <c>language</c>) → its column, where it has another name.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>Field → the column with it in the source language; otherwise <c>FIELD_translated</c> or <c>source_FIELD</c>, if they are
    /// there.</summary>
    public IReadOnlyDictionary<string, string> SourceColumns { get; init; } = new Dictionary<string, string>();

    /// <summary>What <c>FIELD_translated</c> is.</summary>
    public TranslatedColumns Translated { get; init; } = TranslatedColumns.Source;

    /// <summary>Of data in several languages, only this one; of others, what they are in.</summary>
    public string? Language { get; init; }

    /// <summary>Of data in several languages, that whose texts are the source of all others, by their ids.</summary>
    public string? SourceLanguage { get; init; }

    /// <summary>Further columns, each of which must be there: see <see cref="TaskExample.Others"/>.</summary>
    public IReadOnlyList<string> OtherColumns { get; init; } = [];

    /// <summary>Whether an answer that does not stand in its context where the row says is taken, with a start of -1. Otherwise it is
    /// refused.</summary>
    public bool AllowsMisplacedAnswers { get; init; }
}
