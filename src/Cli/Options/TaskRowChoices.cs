using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>How rows of a task are read, and where the same in the source language is.</summary>
/// <param name="scope">What the descriptions begin with.</param>
internal sealed class TaskRowChoices(string scope)
{
    private const string Source = "source", Target = "target";

    private readonly Option<string[]> _columns = new("--columns")
    {
        Description = scope + "Columns that have other names than their fields, such as premise=sentence1.",
        HelpName = "FIELD=COLUMN",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _sourceColumns = new("--source-columns")
    {
        Description = scope + "Columns with fields in the source language. Default: FIELD_translated or source_FIELD, if they are there.",
        HelpName = "FIELD=COLUMN",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> _translated = WithSides(new("--translated")
    {
        Description = scope + "Which side columns named FIELD_translated are.",
        HelpName = "source|target",
        DefaultValueFactory = _ => Source,
    });

    private readonly Option<string[]> _sourceData = new("--source-data")
    {
        Description = scope + "The same rows in the source language, where they are files of their own, one for each of the data; " +
            "paired by ids, or by their order.",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _sourceLanguage = new("--source-language")
    {
        Description = scope + "Of data in several languages, the one whose texts are the source of the others.",
        HelpName = "CODE",
    };

    public IReadOnlyList<Option> All => [_columns, _sourceColumns, _translated, _sourceData, _sourceLanguage];

    public TaskExampleOptions Apply(ParseResult parse, TaskExampleOptions defaults) => defaults with
    {
        Columns = Pairs(parse, _columns),
        SourceColumns = Pairs(parse, _sourceColumns),
        Translated = parse.GetValue(_translated) == Target ? TranslatedColumns.Target : TranslatedColumns.Source,
        SourceLanguage = parse.GetValue(_sourceLanguage),
    };

    public IReadOnlyList<string> SourceData(ParseResult parse) => parse.GetValue(_sourceData) ?? [];

    private static Option<string> WithSides(Option<string> option)
    {
        option.AcceptOnlyFromAmong(Source, Target);
        return option;
    }

    /// <summary>FIELD=COLUMN arguments.</summary>
    private static Dictionary<string, string> Pairs(ParseResult parse, Option<string[]> option)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var given in parse.GetValue(option) ?? [])
        {
            if (given.Split('=', 2) is not [{ Length: > 0 } field, { Length: > 0 } column])
                throw new ArgumentException($"{option.Name} {given}: give FIELD=COLUMN, such as premise=sentence1.");
            if (!pairs.TryAdd(field, column))
                throw new ArgumentException($"{option.Name} names {field} twice: {pairs[field]} and {column}.");
        }
        return pairs;
    }
}
