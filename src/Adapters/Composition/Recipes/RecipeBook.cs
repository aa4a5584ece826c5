namespace XlLoraOnnx.Adapters;

/// <summary>Recipes of adapters for many languages, two for each: one that writes positives and one that writes hard negatives.</summary>
/// <remarks>
/// A JSON file: <c>adapters</c> (name → PEFT folder, relative to the file), <c>languages</c> (language → <c>name</c>, <c>positive</c>,
/// <c>negative</c>, <c>lambda</c>), and what is left out there is taken from <c>template</c>, in whose recipes <c>{language}</c> is the
/// language; <c>default</c> is for languages that are not listed. <c>mode</c>, <c>rank</c>, <c>density</c>, <c>majority_sign</c>,
/// <c>seed</c> and <c>lambda</c> are as for one composition. <c>answers</c> is the English name of the language of all answers.
/// </remarks>
public sealed class RecipeBook
{
    private const string Placeholder = "{language}";
    private static readonly string[] Fields =
        ["adapters", "languages", "template", "default", "answers", "lambda", "mode", "rank", "density", "majority_sign", "seed"];
    private static readonly string[] LanguageFields = ["name", "positive", "negative", "lambda"];

    private readonly ConfigReader _book;
    private readonly OrderedDictionary<string, string> _adapters = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, ConfigReader> _languages = new(StringComparer.Ordinal);

    private RecipeBook(string text, string path)
    {
        (Text, FullPath) = (text, Path.GetFullPath(path));
        using var document = UntrustedJson.ParseText(text, path);
        _book = new ConfigReader(path, document.RootElement.Clone());
        CheckFields(_book, Fields);
        ReadAdapters();
        ReadLanguages();
        Options = RecipeBookOptions.Read(_book);
        Answers = _book.OptionalString("answers");
        foreach (var language in Languages)
            _ = Of(language);
        if (HasDefault)
            CheckFields(_book.OptionalObject("default")!, LanguageFields);
    }

    /// <summary>The file, word for word.</summary>
    public string Text { get; }

    /// <summary>Where it lies; paths in it are relative to its folder.</summary>
    public string FullPath { get; }

    /// <summary>How adapters are added; the same for all languages.</summary>
    public CompositionOptions Options { get; }

    /// <summary>English name of the language of all answers; null where they are in the language of their row.</summary>
    public string? Answers { get; }

    /// <summary>The languages that are listed, in the order of the file.</summary>
    public IReadOnlyCollection<string> Languages => _languages.Keys;

    /// <summary>Whether languages that are not listed have recipes too.</summary>
    public bool HasDefault => _book.Has("default");

    /// <summary>Reads a file of recipes; of the adapters nothing is read.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is malformed, or a recipe is; says which field.</exception>
    public static RecipeBook Read(string path) => Parse(UntrustedJson.ReadText(path), path);

    /// <summary>What <see cref="Read"/> gives for a file with this text.</summary>
    /// <param name="path">Where it lies, or lay.</param>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static RecipeBook Parse(string text, string path)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new RecipeBook(text, path);
    }

    /// <summary>The recipes of a language.</summary>
    /// <exception cref="ArgumentException">It has none; names those that have.</exception>
    public LanguageRecipes Of(string language)
    {
        ArgumentException.ThrowIfNullOrEmpty(language);
        var own = _languages.GetValueOrDefault(language);
        if (own is null && !HasDefault)
            throw new ArgumentException($"'{_book.Path}' has no recipes for the language \"{language}\"; it has them for: "
                + $"{string.Join(", ", Languages)}. Add it to \"languages\", or a \"default\" for all that are not listed.");
        var (first, second) = own is null ? (_book.OptionalObject("default")!, null) : (own, _book.OptionalObject("template"));
        return new LanguageRecipes(language, own?.OptionalString("name"),
            Side("positive", language, first, second), Side("negative", language, first, second));
    }

    private void ReadAdapters()
    {
        var adapters = _book.OptionalObject("adapters") ?? throw Wrong("adapters", "it must give each name in a recipe its PEFT folder");
        foreach (var name in adapters.Names)
            _adapters.Add(name, adapters.OptionalString(name) ?? throw Wrong($"adapters.{name}", "it must be the path of a PEFT folder"));
    }

    private void ReadLanguages()
    {
        var languages = _book.OptionalObject("languages");
        foreach (var name in languages?.Names ?? [])
        {
            var language = languages!.OptionalObject(name)
                ?? throw Wrong($"languages.{name}", "it must be an object; {} takes all from the template");
            CheckFields(language, LanguageFields);
            _languages.Add(name, language);
        }
        if (_languages.Count == 0 && !HasDefault)
            throw Wrong("languages", "it must have the recipes of at least one language");
        if (_book.OptionalObject("template") is { } template)
            CheckFields(template, [.. LanguageFields.Skip(1)]);
    }

    private SideRecipe? Side(string side, string language, ConfigReader first, ConfigReader? second)
    {
        var from = first.Has(side) ? first : second;
        if (from?.OptionalString(side) is not { } text)
            return null;
        try
        {
            var recipe = AdapterRecipe.Parse(text.Replace(Placeholder, language, StringComparison.Ordinal));
            double? lambda = recipe.HasLambda
                ? first.OptionalNumber("lambda") ?? second?.OptionalNumber("lambda") ?? _book.OptionalNumber("lambda") : null;
            recipe.CheckLambda(lambda);
            return new SideRecipe(recipe, lambda, recipe.Names.ToDictionary(name => name, name => Folder(name, language)));
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{from.Describe(side)}: {e.Message}", e);
        }
    }

    /// <summary>By its name, or by one with the language in it.</summary>
    private string Folder(string name, string language)
    {
        var folder = _adapters.FirstOrDefault(a => a.Key.Replace(Placeholder, language, StringComparison.Ordinal) == name).Value
            ?? throw new ArgumentException($"it names '{name}', which \"adapters\" does not have; there are "
                + $"{string.Join(", ", _adapters.Keys)}. A name has letters, digits, '_' and '.', because '-' is a minus.");
        return Path.GetFullPath(folder.Replace(Placeholder, language, StringComparison.Ordinal), Path.GetDirectoryName(FullPath)!);
    }

    private static void CheckFields(ConfigReader reader, string[] allowed)
    {
        if (reader.Names.FirstOrDefault(name => !allowed.Contains(name)) is { } unknown)
            throw new InvalidDataException($"{reader.Describe(unknown)}; it is not known. There are: {string.Join(", ", allowed)}.");
    }

    private InvalidDataException Wrong(string field, string what) => new($"'{_book.Path}': {field} is missing or null; {what}.");
}

/// <summary>The recipes of one language.</summary>
/// <param name="Language">As rows have it.</param>
/// <param name="Name">Its English name, where the file has it.</param>
/// <param name="Positive">Of the adapter that writes positives; null for the base model.</param>
/// <param name="Negative">Of the adapter that writes hard negatives; null for the base model.</param>
public sealed record LanguageRecipes(string Language, string? Name, SideRecipe? Positive, SideRecipe? Negative);

/// <summary>One adapter that is to be composed.</summary>
/// <param name="Recipe">Of names and numbers.</param>
/// <param name="Lambda">What <c>lambda</c> stands for; null where the recipe does not have it.</param>
/// <param name="Parts">Name → full path of a PEFT folder.</param>
public sealed record SideRecipe(AdapterRecipe Recipe, double? Lambda, IReadOnlyDictionary<string, string> Parts);
