using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>Names of repairs as they are written in files: <c>turn-marker</c>.</summary>
internal static class AnswerRepairs
{
    private static readonly string[] Names =
        [.. Enum.GetValues<AnswerRepair>().Select(r => JsonNamingPolicy.KebabCaseLower.ConvertName(r.ToString()))];

    public static string Name(this AnswerRepair repair) => Names[(int)repair];
}
