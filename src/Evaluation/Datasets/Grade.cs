using System.Globalization;
using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>How relevant a document is: a whole number, however it is written (1, 1.0, 1e0).</summary>
internal static class Grade
{
    private const string Allowed = "it must be a whole number, such as 1 or 1.0";

    /// <exception cref="InvalidDataException">It is no whole number.</exception>
    public static int Read(string text, string where) => TryWhole(text, out var grade)
        ? grade
        : throw new InvalidDataException($"{where}: the grade is \"{text}\"; {Allowed}.");

    /// <param name="value">A JSON number, or a string of one.</param>
    /// <param name="where">What messages begin with.</param>
    /// <exception cref="InvalidDataException">It is no whole number.</exception>
    public static int Read(JsonElement value, string where) => value.ValueKind switch
    {
        JsonValueKind.String => Read(value.GetString()!, where),
        JsonValueKind.Number when TryWhole(value.GetRawText(), out var grade) => grade,
        _ => throw new InvalidDataException($"{where}: the grade is {value.GetRawText()}; {Allowed}."),
    };

    /// <summary>Whether a text is a number at all, whole or not.</summary>
    public static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static bool TryWhole(string text, out int grade)
    {
        grade = 0;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            || number != Math.Truncate(number) || Math.Abs(number) > int.MaxValue)
            return false;
        grade = (int)number;
        return true;
    }
}
