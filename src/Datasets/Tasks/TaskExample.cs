namespace XlLoraOnnx.Datasets;

/// <summary>A row of a task.</summary>
public sealed record TaskExample
{
    /// <summary>The row's own id; its number from 1 where it has none.</summary>
    public required string Id { get; init; }

    /// <summary>Whether <see cref="Id"/> is the row's own.</summary>
    public bool HasOwnId { get; init; } = true;

    /// <summary>XNLI: premise, hypothesis. NusaX: text. TyDi QA: question, context.</summary>
    public required IReadOnlyList<string> Texts { get; init; }

    /// <summary>The same in the source language; null where they are not there.</summary>
    public IReadOnlyList<string>? SourceTexts { get; init; }

    /// <summary>Number of the right label; null where it is not there.</summary>
    public int? Label { get; init; }

    /// <summary>Right answers; empty where they are not there.</summary>
    public IReadOnlyList<TaskAnswer> Answers { get; init; } = [];

    /// <summary>Right answers in the context of <see cref="SourceTexts"/>.</summary>
    public IReadOnlyList<TaskAnswer> SourceAnswers { get; init; } = [];

    /// <summary>As the data say it, or their ids; null where nothing does.</summary>
    public string? Language { get; init; }

    /// <summary>Values of the columns that were asked for besides, null where there is none.</summary>
    public IReadOnlyList<string?> Others { get; init; } = [];

    /// <summary>File and row, for messages.</summary>
    public required string Where { get; init; }
}

/// <summary>A right answer to a question.</summary>
/// <param name="Text">As it stands in the context.</param>
/// <param name="Start">Where it begins in the context, as .NET counts: a character beyond U+FFFF is two. -1 where that is not known. (Files
/// count it as one, as Python does.)</param>
public sealed record TaskAnswer(string Text, int Start)
{
    /// <summary>The start as files count it; -1 where it is not known.</summary>
    public int StartIn(string context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Start < 0 ? -1 : CodePoints.FromIndex(context, Start);
    }
}

/// <summary>A row that is no example.</summary>
/// <param name="Where">File and row.</param>
/// <param name="Reason">Why, in words that are the same for all rows of the kind.</param>
public sealed record SkippedRow(string Where, string Reason);

/// <summary>Rows of a task.</summary>
/// <param name="Task">Which.</param>
/// <param name="Examples">In their order.</param>
/// <param name="Skipped">Rows that are none.</param>
public sealed record TaskExampleSet(TextTask Task, IReadOnlyList<TaskExample> Examples, IReadOnlyList<SkippedRow> Skipped);
