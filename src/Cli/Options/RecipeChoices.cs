using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>The options of <c>synthesize --strategy composition</c> that say which adapters are composed.</summary>
internal sealed class RecipeChoices
{
    private readonly Option<string?> _recipes = new("--recipes")
    {
        Description = "With --strategy composition: a JSON file with a recipe for each side of each language; the adapters are composed "
            + "once and serve mixed rows.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _languageColumn = new("--language-column")
    {
        Description = "Column of the input with the language of each row: that of its recipes, or what prompts call the language of its "
            + "answers. Default: all rows are in --language.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _cache = new("--adapter-cache")
    {
        Description = "Folder for composed adapters, which other runs may share. Default: adapters in the run folder.",
        HelpName = "DIR",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_recipes, _languageColumn, _cache])
            command.Add(option);
    }

    public bool AreGiven(ParseResult parse) => parse.GetValue(_recipes) is not null;

    public string? LanguageColumn(ParseResult parse) => parse.GetValue(_languageColumn);

    /// <summary>What is to be composed, checked as far as it goes without reading adapters.</summary>
    /// <param name="input">The anchors.</param>
    /// <param name="language">Of all rows, where no column has it.</param>
    /// <param name="sides">Those that are written.</param>
    /// <param name="at">Where a path that was given is.</param>
    /// <returns>Null where no recipes are given.</returns>
    /// <exception cref="ArgumentException">A language has no recipes.</exception>
    public async Task<ComposedLanguages?> ReadAsync(ParseResult parse, SynthesisJobOptions input, string language,
        IReadOnlyList<SynthesisSide> sides, Func<string, string> at, CancellationToken cancellationToken)
    {
        if (parse.GetValue(_recipes) is not { } recipes)
        {
            return parse.GetValue(_cache) is null ? null
                : throw new ArgumentException("--adapter-cache is for composed adapters: give --recipes FILE, too.");
        }
        var book = RecipeBook.Read(at(recipes));
        IReadOnlyList<string> languages = input.LanguageColumn is { } column
            ? await AnchorReader.LanguagesAsync(input.Input, column, input.Split, input.Limit, cancellationToken).ConfigureAwait(false)
            : [language];
        var cache = parse.GetValue(_cache) is { } folder ? Path.GetFullPath(at(folder)) : SynthesisJob.AdapterFolder(input.Output!);
        return new ComposedLanguages(book, languages, sides, cache);
    }
}
