using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>Names of reasons as they are written in files and on the command line: <c>near-copy</c>.</summary>
public static class RejectionReasons
{
    private static readonly Dictionary<string, RejectionReason> ByName = Enum.GetValues<RejectionReason>().ToDictionary(Name);

    /// <summary>All names, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<RejectionReason>().Select(Name)];

    /// <summary>Why a row was not generated, as a reason why there is no answer.</summary>
    internal static RejectionReason Of(RejectionKind? kind) => kind switch
    {
        RejectionKind.TooLong => RejectionReason.PromptTooLong,
        RejectionKind.SpecialToken => RejectionReason.SpecialToken,
        _ => RejectionReason.Failed,
    };

    /// <summary>The name of a reason.</summary>
    public static string Name(RejectionReason reason) => JsonNamingPolicy.KebabCaseLower.ConvertName(reason.ToString());

    /// <summary>The reason of a name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static RejectionReason Parse(string name) => ByName.TryGetValue(name, out var reason)
        ? reason
        : throw new ArgumentException($"There is no reason \"{name}\"; there are: {string.Join(", ", Names)}.", nameof(name));
}
