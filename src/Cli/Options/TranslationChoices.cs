using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>Options of <c>evaluate --task translation</c>.</summary>
internal sealed class TranslationChoices
{
    private readonly Option<string[]> _hypotheses = new("--hypotheses")
    {
        Description = "Of translation: systems, the first being what the others are compared with. Text files, a translation a line; or " +
            "folders of them, eng_Latn-hau_Latn.txt, for a FLORES folder as --data. Default: columns of --data.",
        HelpName = "[NAME=]PATH",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _hypothesisColumns = new("--hypothesis-column")
    {
        Description = "Of translation: columns of --data with translations, each one a system. Default: hypothesis, translation, " +
            "prediction or mt.",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _referenceColumns = new("--reference-column")
    {
        Description = "Of translation: columns of --data with references. Default: reference, references, ref, and these with a number.",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _tokenizer = new("--bleu-tokenizer")
    {
        Description = "Words of BLEU. Default: zh where the target language is Chinese, or else 13a.",
        HelpName = "13a|zh|char|none",
    };

    private readonly Option<string> _smoothing = new("--bleu-smoothing")
    {
        Description = "What BLEU does about an order of n-grams without a match.",
        HelpName = "exp|floor|add-k|none",
        DefaultValueFactory = _ => "exp",
    };

    public TranslationChoices()
    {
        _tokenizer.AcceptOnlyFromAmong("13a", "zh", "char", "none");
        _smoothing.AcceptOnlyFromAmong("exp", "floor", "add-k", "none");
    }

    private Option[] All => [_hypotheses, _hypothesisColumns, _referenceColumns, _tokenizer, _smoothing];

    public void AddTo(Command command)
    {
        foreach (var option in All)
            command.Add(option);
    }

    /// <exception cref="ArgumentException">One of the options is given, and something else is to be measured.</exception>
    public void ThrowIfGiven(ParseResult parse)
    {
        if (All.FirstOrDefault(o => parse.GetResult(o) is { Implicit: false }) is { } given)
            throw new ArgumentException($"{given.Name} is of --task translation; give that task too, or leave the option out.");
    }

    /// <summary>Name → path, in the order in which they were given.</summary>
    public IReadOnlyDictionary<string, string> Systems(ParseResult parse)
    {
        var systems = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var argument in parse.GetValue(_hypotheses) ?? [])
        {
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var path = equals > 0 ? argument[(equals + 1)..] : argument;
            var name = equals > 0 ? argument[..equals] : NameOf(path);
            if (!systems.TryAdd(name, path))
                throw new ArgumentException($"Two systems are named '{name}'; each needs a name of its own (--hypotheses NAME=PATH).");
        }
        return systems;
    }

    public TranslationOptions Apply(ParseResult parse, TranslationOptions defaults) => defaults with
    {
        HypothesisColumns = parse.GetValue(_hypothesisColumns) ?? [],
        ReferenceColumns = parse.GetValue(_referenceColumns) ?? [],
        Tokenization = parse.GetValue(_tokenizer) switch
        {
            "13a" => BleuTokenization.Mteval13a,
            "zh" => BleuTokenization.Chinese,
            "char" => BleuTokenization.Characters,
            "none" => BleuTokenization.None,
            _ => null,
        },
        Smoothing = parse.GetValue(_smoothing) switch
        {
            "floor" => BleuSmoothing.Floor,
            "add-k" => BleuSmoothing.AddK,
            "none" => BleuSmoothing.None,
            _ => BleuSmoothing.Exponential,
        },
    };

    /// <summary>Of a folder its name, of a file its name without the ending.</summary>
    private static string NameOf(string path) => Directory.Exists(path)
        ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)))
        : Path.GetFileNameWithoutExtension(path);
}
