using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>Writes <c>report.html</c>: one page that needs nothing beside it, made of the files in <c>Page/</c>.</summary>
/// <remarks>Its policy allows exactly this style and this script, by their hashes, and no request to anywhere.</remarks>
internal static class ReportPage
{
    private const string Folder = "Report/";
    private static readonly string[] Scripts = ["charts.js", "marks.js", "triplets.js", "report.js"];

    /// <summary>Writes the page as UTF-8 without byte order mark; the stream stays open.</summary>
    public static async Task WriteAsync(Stream output, RunReportData data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(data);
        var style = Load("report.css");
        var script = string.Concat(Scripts.Select(Load));
        // The data may be large and go to the stream as they are; what is around them is small.
        var page = Load("report.html").Split("{{data}}");
        await WriteTextAsync(page[0], style, script, output, cancellationToken);
        await JsonSerializer.SerializeAsync(output, data, ReportJson.Embedded.RunReportData, cancellationToken);
        await WriteTextAsync(page[1], style, script, output, cancellationToken);
    }

    private static ValueTask WriteTextAsync(string part, string style, string script, Stream output, CancellationToken cancellationToken)
    {
        var text = part
            .Replace("{{style-hash}}", Hash(style), StringComparison.Ordinal)
            .Replace("{{script-hash}}", Hash(script), StringComparison.Ordinal)
            .Replace("{{style}}", style, StringComparison.Ordinal)
            .Replace("{{script}}", script, StringComparison.Ordinal);
        return output.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
    }

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Load(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        // Browsers hash what they have parsed, and they parse CR LF as LF.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
