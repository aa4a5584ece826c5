using System.Globalization;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary>Adapters of several languages on their way from recipes to a model.</summary>
internal sealed class ComposedLanguages
{
    private readonly RecipeBook _book;
    private readonly string _cache;
    private readonly List<(LanguageRecipes Language, SynthesisSide Side, SideRecipe Recipe)> _recipes = [];

    /// <exception cref="ArgumentException">A language has no recipe for a side.</exception>
    public ComposedLanguages(RecipeBook book, IReadOnlyList<string> languages, IReadOnlyList<SynthesisSide> sides, string cache)
    {
        (_book, _cache) = (book, cache);
        var unknown = book.HasDefault ? [] : languages.Where(l => !book.Languages.Contains(l)).ToArray();
        if (unknown.Length > 0)
            throw new ArgumentException($"{book.FullPath} has no recipes for {string.Join(", ", unknown.Select(l => $"\"{l}\""))}; it has "
                + $"them for: {string.Join(", ", book.Languages)}. Add what is missing to \"languages\", or a \"default\"; the language of "
                + "all rows is said with --language, that of each with --language-column.");
        foreach (var language in languages.Select(book.Of))
        {
            foreach (var side in sides)
                _recipes.Add((language, side, (side == SynthesisSide.Positive ? language.Positive : language.Negative)
                    ?? throw new ArgumentException($"{book.FullPath}: \"{language.Language}\" has no recipe \"{Word(side)}\", and "
                        + "neither has the template. Add it, or write the other side alone with --positive-only or --negative-only.")));
        }
    }

    /// <summary>Most adapters that there will be.</summary>
    public int MaxAdapters => _recipes.Count;

    /// <summary>Composes what is not there yet, and makes all known to the model.</summary>
    /// <param name="run">The run folder, where it is or will be.</param>
    /// <exception cref="InvalidDataException">The run was begun with other recipes or parts.</exception>
    public CompositionStrategy Mount(XlLoraModel model, string? promptSet, string run, CancellationToken cancellationToken)
    {
        var wasThere = Directory.Exists(run);
        try
        {
            var cache = new AdapterCache(_cache, model.Info.Folder);
            var facts = Facts(cache);
            CheckUnchanged(run, facts);
            return Mount(model, cache, facts, promptSet ?? PromptStrategy.PromptSets[0], cancellationToken);
        }
        catch when (!wasThere && Directory.Exists(_cache) && !Directory.EnumerateFiles(_cache, "*.json").Any())
        {
            // a run that was refused leaves nothing
            Directory.Delete(_cache, recursive: true);
            if (Directory.Exists(run) && !Directory.EnumerateFileSystemEntries(run).Any())
                Directory.Delete(run);
            throw;
        }
    }

    /// <summary>Makes the adapters of a run that was begun known to the model, and composes again what is no longer there.</summary>
    /// <exception cref="InvalidDataException">That is needed, and a part is another one now.</exception>
    public static void MountAgain(
        XlLoraModel model, CompositionStrategy strategy, CompositionSource source, CancellationToken cancellationToken)
    {
        if (source.Files.Values.Any(file => !AdapterCache.IsWhole(source.Cache, file)))
            ComposeAgain(model, strategy, source, cancellationToken);
        foreach (var (name, file) in source.Files)
            model.AddAdapter(name, Path.Combine(source.Cache, file));
    }

    private static void ComposeAgain(
        XlLoraModel model, CompositionStrategy strategy, CompositionSource source, CancellationToken cancellationToken)
    {
        var book = RecipeBook.Parse(source.Recipes, source.RecipesPath);
        SynthesisSide[] sides = [.. Enum.GetValues<SynthesisSide>().Where(s => strategy.Adapters(s, null).Any(a => a is not null))];
        var languages = new ComposedLanguages(book, [.. strategy.Languages], sides, source.Cache);
        var cache = new AdapterCache(source.Cache, model.Info.Folder);
        Compare(source.RecipesPath, strategy.Settings, languages.Facts(cache));
        foreach (var (_, _, recipe) in languages._recipes)
            cache.Get(recipe, book.Options, cancellationToken);
    }

    private CompositionStrategy Mount(XlLoraModel model, AdapterCache cache, SortedDictionary<string, string> facts, string promptSet,
        CancellationToken cancellationToken)
    {
        var (names, made) = (new OrderedDictionary<string, string>(StringComparer.Ordinal), 0);
        var adapters = new Dictionary<(string Language, SynthesisSide Side), string>();
        foreach (var (language, side, recipe) in _recipes)
        {
            var cached = cache.Get(recipe, _book.Options, cancellationToken);
            made += cached.IsNew ? 1 : 0;
            // recipes that come to the same are one adapter, named after the first
            if (!names.TryGetValue(cached.File, out var name))
            {
                names.Add(cached.File, name = $"{language.Language}-{Word(side)}");
                model.AddAdapter(name, cached.File);
            }
            adapters[(language.Language, side)] = name;
        }
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{names.Count} adapters for {_recipes.DistinctBy(r => r.Language.Language).Count()} languages: {made} composed, "
            + $"{names.Count - made} were in {_cache}"));
        return new CompositionStrategy([.. _recipes.Select(r => r.Language).DistinctBy(l => l.Language).Select(l => new LanguageAdapters(
            l.Language, _book.Answers ?? l.Name ?? LanguageIdentifier.Languages.GetValueOrDefault(l.Language) ?? l.Language,
            adapters.GetValueOrDefault((l.Language, SynthesisSide.Positive)),
            adapters.GetValueOrDefault((l.Language, SynthesisSide.Negative))))], facts, promptSet)
        {
            Source = new CompositionSource
            {
                Recipes = _book.Text,
                RecipesPath = _book.FullPath,
                Cache = _cache,
                Files = names.ToDictionary(n => n.Value, n => Path.GetFileName(n.Key)),
            },
        };
    }

    /// <summary>What the adapters depend on, for people and for comparison.</summary>
    private SortedDictionary<string, string> Facts(AdapterCache cache)
    {
        var facts = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["composition"] = Describe(_book.Options) };
        foreach (var (language, side, recipe) in _recipes)
        {
            facts[$"recipe.{language.Language}.{Word(side)}"] = recipe.Lambda is { } lambda
                ? string.Create(CultureInfo.InvariantCulture, $"{recipe.Recipe}, lambda {lambda}") : recipe.Recipe.Text;
            foreach (var (part, folder) in recipe.Parts)
            {
                var (weights, settings) = cache.HashesOf(folder);
                facts[$"part.{part}.sha256"] = $"{weights}, settings {settings}";
            }
        }
        return facts;
    }

    private static string Describe(CompositionOptions options)
    {
        List<string> words = [CompositionOptions.Name(options.Mode)];
        if (options.Rank is { } rank)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"rank {rank}"));
        if (options.Density is { } density)
            words.Add(string.Create(CultureInfo.InvariantCulture,
                $"density {density}, majority sign {options.MajoritySign.ToString().ToLowerInvariant()}, seed {options.Seed}"));
        return string.Join(", ", words);
    }

    private static void CheckUnchanged(string run, SortedDictionary<string, string> facts)
    {
        if (RunVerifier.IsRunFolder(run) && RecordedRun.Read(run)?.Job.Synthesis.Strategy is CompositionStrategy begun)
            Compare(run, begun.Settings, facts);
    }

    private static void Compare(string what, IReadOnlyDictionary<string, string> before, SortedDictionary<string, string> now)
    {
        var changed = now.Where(f => before.GetValueOrDefault(f.Key) != f.Value)
            .Select(f => $"{f.Key}: {before.GetValueOrDefault(f.Key, "(not there)")} → {f.Value}").ToArray();
        if (changed.Length > 0)
            throw new InvalidDataException($"{what}: what the adapters are composed of is not what the run was begun with:\n  "
                + string.Join("\n  ", changed) + "\nPut back what was there before, or give another --output. Nothing was changed.");
    }

    private static string Word(SynthesisSide side) => side == SynthesisSide.Positive ? "positive" : "negative";
}
