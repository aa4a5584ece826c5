using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Escapes in string literals, as Python's unicode_escape codec resolves them.</summary>
internal static class TemplateEscapes
{
    private const int LargestCodePoint = 0x10FFFF;

    public static string Resolve(ReadOnlySpan<char> raw, TemplateSource source, int at)
    {
        if (!raw.Contains('\\'))
            return raw.ToString();
        var text = new StringBuilder(raw.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] == '\\')
                i += Escape(raw[(i + 1)..], text, source, at);
            else
                text.Append(raw[i]);
        }
        return text.ToString();
    }

    /// <param name="rest">What follows the backslash.</param>
    /// <returns>How much of it belongs to the escape.</returns>
    private static int Escape(ReadOnlySpan<char> rest, StringBuilder text, TemplateSource source, int at)
    {
        var digits = rest[0] switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
            return 1 + Hex(rest[1..], digits, text, source, at);
        if (rest[0] is >= '0' and <= '7')
            return Octal(rest, text);
        if (rest[0] == 'N')
            throw source.Unsupported(at, "characters by name (\\N{…}) are not supported; use \\u");
        if (rest[0] == '\n')
            return 1;
        var index = "ntr\\'\"abfv".IndexOf(rest[0], StringComparison.Ordinal);
        if (index >= 0)
            text.Append("\n\t\r\\'\"\a\b\f\v"[index]);
        else
            text.Append('\\').Append(rest[0]); // unknown escapes stay as they are
        return 1;
    }

    private static int Hex(ReadOnlySpan<char> rest, int digits, StringBuilder text, TemplateSource source, int at)
    {
        if (rest.Length < digits
            || !int.TryParse(rest[..digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            || code is < 0 or > LargestCodePoint)
            throw source.Invalid(at, $"a \\x, \\u or \\U escape in this string lacks its {digits} hexadecimal digits");
        if (code > char.MaxValue)
            text.Append(char.ConvertFromUtf32(code));
        else
            text.Append((char)code);
        return digits;
    }

    private static int Octal(ReadOnlySpan<char> rest, StringBuilder text)
    {
        var (length, code) = (0, 0);
        while (length < Math.Min(3, rest.Length) && rest[length] is >= '0' and <= '7')
            code = code * 8 + rest[length++] - '0';
        text.Append((char)code);
        return length;
    }
}
