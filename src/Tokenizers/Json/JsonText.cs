using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Strings of valid JSON, halves of surrogate pairs included, which the parser of .NET refuses to read.</summary>
internal static class JsonText
{
    /// <param name="raw">With its quotes, as it stands in the file.</param>
    public static string Unescape(string raw)
    {
        var text = raw.AsSpan(1, raw.Length - 2);
        if (!text.Contains('\\'))
            return text.ToString();
        var result = new StringBuilder(text.Length);
        while (text.IndexOf('\\') is >= 0 and var escape)
        {
            result.Append(text[..escape]);
            var c = text[escape + 1];
            result.Append(c switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => (char)ushort.Parse(text.Slice(escape + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                _ => c,
            });
            text = text[(escape + (c == 'u' ? 6 : 2))..];
        }
        return result.Append(text).ToString();
    }
}
