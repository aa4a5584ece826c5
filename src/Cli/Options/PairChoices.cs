using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>The options of <c>translate</c> that say which adapter translates what, and how.</summary>
internal sealed class PairChoices
{
    private const string Base = "base";

    private readonly Option<string> _from = new("--from")
    {
        Description = "Language of the texts, by its code, such as eng_Latn.",
        HelpName = "LANG",
        Required = true,
    };

    private readonly Option<string[]> _to = new("--to")
    {
        Description = "Languages to translate into, by their codes, such as hau_Latn,hin_Deva: a column of the output each.",
        HelpName = "LANG,…",
        Required = true,
    };

    private readonly Option<string?> _pairs = new("--pairs")
    {
        Description = "Table of pairs: which adapter and which prompt translate from one language to another (JSON).",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _adapterFor = new("--adapter-for")
    {
        Description = "Adapter that translates a pair, such as eng_Latn-hau_Latn=hausa: its name in the model folder, or a PEFT folder, "
            + "which is exported once and kept; 'none' for the base model. Goes before --pairs.",
        HelpName = "PAIR=NAME|DIR",
    };

    private readonly Option<string?> _cache = new("--adapter-cache")
    {
        Description = "Folder for adapters that are exported from PEFT folders, which other runs may share. Default: adapters in the run "
            + "folder.",
        HelpName = "DIR",
    };

    private readonly Option<string?> _fallback = new("--fallback")
    {
        Description = "base: the base model translates pairs that no adapter is named for. Otherwise they are an error, unless nothing at "
            + "all is said of pairs.",
        HelpName = "WHAT",
    };

    private readonly Option<int> _beams = new("--beams")
    {
        Description = "Beams that are searched for each translation, of a model with an encoder and a decoder; 1 is greedy.",
        HelpName = "N",
        DefaultValueFactory = _ => new XlLoraModelOptions().NumBeams,
    };

    private readonly Option<double> _lengthPenalty = new("--length-penalty")
    {
        Description = "With several beams: above 0 favours longer translations.",
        HelpName = "X",
        DefaultValueFactory = _ => new XlLoraModelOptions().LengthPenalty,
    };

    private readonly Option<bool> _earlyStopping = new("--early-stopping")
    {
        Description = "With several beams: end as soon as there are as many translations as beams.",
    };

    private readonly Option<int?> _maxNewTokens = new("--max-new-tokens")
    {
        Description = "Most tokens of one translation; a longer one is rejected. Default: as --pairs says, or "
            + $"{new TranslationRoute().MaxNewTokens}.",
        HelpName = "N",
    };

    private readonly Option<bool> _keepUnfinished = new("--keep-unfinished")
    {
        Description = "Keep translations that had not ended at their most tokens, cut off as they are.",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_from, _to, _pairs, _adapterFor, _cache, _fallback, _beams, _lengthPenalty,
            _earlyStopping, _maxNewTokens, _keepUnfinished])
            command.Add(option);
    }

    /// <summary>What was said of how a translation is looked for.</summary>
    public XlLoraModelOptions Apply(ParseResult parse, XlLoraModelOptions options) => options with
    {
        NumBeams = parse.GetValue(_beams),
        LengthPenalty = parse.GetValue(_lengthPenalty),
        EarlyStopping = parse.GetValue(_earlyStopping),
    };

    /// <summary>What was said, before a model is loaded for it.</summary>
    public TranslationJobOptions Apply(ParseResult parse, string input, string output)
    {
        if (parse.GetValue(_fallback) is { } fallback and not Base)
            throw new ArgumentException($"--fallback is '{fallback}'; it can be '{Base}', or be left out.");
        return new TranslationJobOptions
        {
            Input = input,
            Output = output,
            SourceLanguage = parse.GetRequiredValue(_from),
            TargetLanguages = [.. parse.GetRequiredValue(_to).SelectMany(t => t.Split(',', StringSplitOptions.RemoveEmptyEntries))],
            MaxNewTokens = parse.GetValue(_maxNewTokens),
            KeepUnfinished = parse.GetValue(_keepUnfinished),
            Pairs = Table(parse),
        };
    }

    /// <summary>PEFT folders that are named as adapters, to be exported for the model.</summary>
    public PairAdapters Adapters(ParseResult parse, TranslationJobOptions job) => new(job,
        Named(parse).Select(n => n.Pair).ToHashSet(),
        Path.GetDirectoryName(Path.GetFullPath(parse.GetValue(_pairs) ?? "pairs.json"))!,
        parse.GetValue(_cache) is { } cache ? Path.GetFullPath(cache) : null);

    private TranslationPairs Table(ParseResult parse)
    {
        var named = Named(parse).ToArray();
        var path = parse.GetValue(_pairs);
        var table = path is null ? new TranslationPairs() : TranslationPairs.Read(path);
        foreach (var (pair, adapter) in named)
            table = table.With(pair, adapter);
        var saysNothing = path is null && named.Length == 0;
        return parse.GetValue(_fallback) is not null || saysNothing ? table with { FallsBackToBase = true } : table;
    }

    private IEnumerable<(LanguagePair Pair, string? Adapter)> Named(ParseResult parse)
    {
        foreach (var argument in parse.GetValue(_adapterFor) ?? [])
        {
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == argument.Length - 1)
                throw new ArgumentException($"--adapter-for {argument} is not PAIR=NAME or PAIR=DIR. Example: eng_Latn-hau_Latn=hausa");
            yield return (LanguagePair.Parse(argument[..equals]), AdapterNames.Parse(argument[(equals + 1)..]));
        }
    }
}
