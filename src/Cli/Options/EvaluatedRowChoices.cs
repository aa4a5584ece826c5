using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>How rows are read whose predictions are measured.</summary>
/// <param name="scope">What the descriptions begin with.</param>
internal sealed class EvaluatedRowChoices(string scope)
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
        Columns = TaskRowChoices.Pairs(parse, _columns),
        SourceColumns = TaskRowChoices.Pairs(parse, _sourceColumns),
        Translated = parse.GetValue(_translated) == Target ? TranslatedColumns.Target : TranslatedColumns.Source,
        SourceLanguage = parse.GetValue(_sourceLanguage),
    };

    public IReadOnlyList<string> SourceData(ParseResult parse) => parse.GetValue(_sourceData) ?? [];

    private static Option<string> WithSides(Option<string> option)
    {
        option.AcceptOnlyFromAmong(Source, Target);
        return option;
    }
}
