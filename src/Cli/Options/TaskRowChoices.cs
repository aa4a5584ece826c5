using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>Which rows of a task are read, and where the same in the source language is.</summary>
internal sealed class TaskRowChoices
{
    private readonly Option<string?> _sourceInput = new("--source-input")
    {
        Description = "The same rows in the source language, where they are in a file of their own: paired by ids, or by their order.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _columns = new("--columns")
    {
        Description = "Fields that have another name, such as premise=sentence1 hypothesis=sentence2.",
        HelpName = "FIELD=COLUMN",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _sourceColumns = new("--source-columns")
    {
        Description = "Columns with the text in the source language, such as premise=premise_en. Default: FIELD_translated.",
        HelpName = "FIELD=COLUMN",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _language = new("--language")
    {
        Description = "Of data in several languages, only this one.",
        HelpName = "CODE",
    };

    private readonly Option<string?> _sourceLanguage = new("--source-language")
    {
        Description = "Of data in several languages, that whose rows are the source of the others.",
        HelpName = "CODE",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_sourceInput, _columns, _sourceColumns, _language, _sourceLanguage])
            command.Add(option);
    }

    public string? SourceInput(ParseResult parse) => parse.GetValue(_sourceInput);

    public TaskExampleOptions Options(ParseResult parse) => new()
    {
        Columns = Pairs(parse, _columns),
        SourceColumns = Pairs(parse, _sourceColumns),
        Language = parse.GetValue(_language),
        SourceLanguage = parse.GetValue(_sourceLanguage),
    };

    /// <summary>FIELD=COLUMN arguments.</summary>
    internal static Dictionary<string, string> Pairs(ParseResult parse, Option<string[]> option)
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
