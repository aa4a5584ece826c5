using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Adapters;

/// <summary>
/// adapter_config.json: which modules have factors, of which rank and scale, resolved as PEFT 0.20 resolves it
/// (peft/tuners/tuners_utils.py, check_target_module_exists; peft/utils/other.py, get_pattern_key).
/// </summary>
public sealed class PeftAdapterConfig
{
    private const string DefaultLayersPattern = @"[^.]*";
    private static readonly TimeSpan MatchingTime = TimeSpan.FromSeconds(2);

    private TimeSpan _matching;
    private readonly PeftModulePattern? _target;
    private readonly PeftModulePattern? _exclude;
    private readonly HashSet<int>? _layers;
    private readonly IReadOnlyList<Regex> _layerPatterns;
    private readonly IReadOnlyList<(Regex Key, double Value)> _ranks;
    private readonly IReadOnlyList<(Regex Key, double Value)> _alphas;

    /// <summary>Reads what can be read and adds a reason for everything that cannot.</summary>
    /// <param name="takesModules">Whether the caller has a place for modules that were trained whole (<c>modules_to_save</c>).</param>
    public PeftAdapterConfig(ConfigReader config, List<string> reasons, bool takesModules = false)
    {
        PeftType = Attempt(() => config.OptionalString("peft_type"), null) ?? "";
        if (PeftType != "LORA")
        {
            reasons.Add($"{config.Describe("peft_type")}: only LORA is supported.");
            (_layerPatterns, _ranks, _alphas) = ([], [], []);
            return;
        }
        Notices = PeftSettings.Check(config, reasons, takesModules);
        Rank = Attempt(() => config.PositiveInt("r", 8), 8);
        Alpha = Attempt(() => config.Number("lora_alpha", 8), 8);
        UseRslora = Attempt(() => config.Bool("use_rslora", false), false);
        _target = Attempt(() => Modules(config, "target_modules"), null);
        _exclude = Attempt(() => Modules(config, "exclude_modules"), null);
        _layers = Attempt(() => config.Ints("layers_to_transform"), []) is { Count: > 0 } layers ? layers.ToHashSet() : null;
        _layerPatterns = Attempt(() => LayerPatterns(config), []);
        _ranks = Attempt(() => Patterns(config, "rank_pattern", wholeNumbers: true), []);
        _alphas = Attempt(() => Patterns(config, "alpha_pattern", wholeNumbers: false), []);
        if (_target is null && !config.Has("target_modules"))
            reasons.Add($"{config.Describe("target_modules")}: it must say which modules the adapter changes.");

        T Attempt<T>(Func<T> read, T fallback)
        {
            try
            {
                return read();
            }
            catch (InvalidDataException e)
            {
                reasons.Add(e.Message);
                return fallback;
            }
        }
    }

    /// <summary>Fields that were not looked at, a sentence each.</summary>
    public IReadOnlyList<string> Notices { get; } = [];

    public string PeftType { get; }

    public int Rank { get; } = 8;

    public double Alpha { get; } = 8;

    public bool UseRslora { get; }

    /// <summary>False if target_modules could not be read, so that nothing can be said of the selection.</summary>
    public bool HasTarget => _target is not null;

    /// <param name="path">Of the module within the base model, as the adapter's file has it.</param>
    /// <exception cref="RegexMatchTimeoutException">The expressions take too long.</exception>
    public bool Selects(string path) => Timed(() => SelectsUntimed(path));

    /// <summary>Whether an entry names the module, which all-linear does not.</summary>
    public bool SelectsByName(string path) => _target?.IsAllLinear == false && Selects(path);

    public int RankOf(string path) => Timed(() => First(_ranks, path)) is { } rank ? (int)rank : Rank;

    /// <summary>What B is multiplied by: alpha / r, or alpha / √r with use_rslora.</summary>
    public float ScaleOf(string path)
    {
        var (rank, alpha) = (RankOf(path), Timed(() => First(_alphas, path)) ?? Alpha);
        return (float)(UseRslora ? alpha / Math.Sqrt(rank) : alpha / rank);
    }

    private bool SelectsUntimed(string path)
    {
        if (_exclude?.Matches(path) == true || _target?.Matches(path) != true)
            return false;
        if (_layers is null || !_target.IsList)
            return true;
        var match = _layerPatterns.Select(pattern => pattern.Match(path)).FirstOrDefault(m => m.Success);
        return int.TryParse(match?.Groups[1].Value, CultureInfo.InvariantCulture, out var layer) && _layers.Contains(layer);
    }

    /// <summary>One match may be just quick enough, and hundreds of modules of many such patterns would still take hours.</summary>
    private T Timed<T>(Func<T> match)
    {
        var started = Stopwatch.GetTimestamp();
        var result = match();
        _matching += Stopwatch.GetElapsedTime(started);
        return _matching <= MatchingTime
            ? result
            : throw new RegexMatchTimeoutException("", "(all patterns together)", MatchingTime);
    }

    private static double? First(IReadOnlyList<(Regex Key, double Value)> patterns, string path)
    {
        foreach (var (key, value) in patterns)
        {
            if (key.IsMatch(path))
                return value;
        }
        return null;
    }

    private static PeftModulePattern? Modules(ConfigReader config, string name)
    {
        if (config.Find(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.String)
            return PeftModulePattern.OfNames(config.OptionalStrings(name)!);
        var text = value.GetString()!;
        return text switch
        {
            "" => null,
            "all-linear" when name == "target_modules" => PeftModulePattern.AllLinear,
            _ => Parse(config, name, () => PeftModulePattern.OfRegex(text)),
        };
    }

    // PEFT: no pattern means any name before the number
    private static List<Regex> LayerPatterns(ConfigReader config)
    {
        const string Name = "layers_pattern";
        IReadOnlyList<string> names = config.Find(Name) is { ValueKind: JsonValueKind.String } text
            ? [text.GetString()!]
            : config.OptionalStrings(Name) ?? [];
        if (names.All(n => n.Length == 0))
            names = [DefaultLayersPattern];
        return [.. names.Select(n => Parse(config, Name, () => PeftModulePattern.Compile($@"\A.*\.{n}\.(\d+)\.")))];
    }

    private static List<(Regex, double)> Patterns(ConfigReader config, string name, bool wholeNumbers)
    {
        if (config.OptionalObject(name) is not { } entries)
            return [];
        return [.. entries.Names.Select(key => (
            Parse(config, name, () => PeftModulePattern.Compile($@"\A(.*\.)?({key})$")),
            wholeNumbers ? entries.PositiveInt(key, 0) : entries.Number(key, 0)))];
    }

    private static T Parse<T>(ConfigReader config, string name, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (RegexParseException e)
        {
            throw new InvalidDataException($"{config.Describe(name)}: it holds an invalid regular expression: {e.Message}", e);
        }
    }
}
