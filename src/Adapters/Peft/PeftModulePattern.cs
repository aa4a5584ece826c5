using System.Text.RegularExpressions;

namespace XlLoraOnnx.Adapters;

/// <summary>Modules by name as PEFT's target_modules and exclude_modules give them: a list, a regular expression, or all-linear.</summary>
internal sealed class PeftModulePattern
{
    /// <summary>Long for any honest pattern, short for a malicious one.</summary>
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<string> _names;
    private readonly Regex? _regex;

    public static PeftModulePattern OfNames(IReadOnlyList<string> names) => new(names, null, false);

    /// <summary>The whole path must match, as with Python's re.fullmatch.</summary>
    /// <exception cref="RegexParseException">It is no regular expression.</exception>
    public static PeftModulePattern OfRegex(string pattern) => new([], Compile($@"\A(?:{pattern})\z"), false);

    public static PeftModulePattern AllLinear { get; } = new([], null, true);

    /// <summary>layers_to_transform applies to these alone.</summary>
    public bool IsList => _regex is null && !IsAllLinear;

    public bool IsAllLinear { get; }

    /// <exception cref="RegexMatchTimeoutException">The expression takes too long.</exception>
    public bool Matches(string path) => IsAllLinear
        || (_regex?.IsMatch(path) ?? _names.Any(name => path == name || path.EndsWith("." + name, StringComparison.Ordinal)));

    public static Regex Compile(string pattern) => new(pattern, RegexOptions.CultureInvariant, MatchTimeout);

    private PeftModulePattern(IReadOnlyList<string> names, Regex? regex, bool allLinear)
    {
        _names = names;
        _regex = regex;
        IsAllLinear = allLinear;
    }
}
