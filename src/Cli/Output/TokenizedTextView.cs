using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Cli;

/// <summary>Texts as tokens, each as soon as it is there.</summary>
internal static class TokenizedTextView
{
    public static async Task WriteAsync(IAsyncEnumerable<TokenizedText> texts, bool asJson)
    {
        // Not Console.Out, which flushes every line. What is done is written also when a later line is malformed.
        using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), bufferSize: 1 << 16);
        await foreach (var text in texts.ConfigureAwait(false))
        {
            if (asJson)
                output.Write(JsonOutput.Line(text) + '\n');
            else
                output.Write($"{string.Join(' ', text.Ids)}\n{string.Join(' ', text.Tokens.Select(Visible))}\n");
        }
    }

    /// <summary>Pieces stand in one line, between spaces.</summary>
    private static string Visible(string token) => string.Concat(token.Select(c =>
        char.IsControl(c) || char.IsWhiteSpace(c) ? "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture) : c.ToString()));
}
