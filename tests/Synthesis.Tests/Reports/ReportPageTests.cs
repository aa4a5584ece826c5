using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed partial class ReportPageTests
{
    [TestMethod]
    public async Task WriteAsync_AnyReport_LeavesNoPlaceholderAndTheStreamOpen()
    {
        using var stream = new MemoryStream();
        await ReportPage.WriteAsync(stream, ReportSamples.Run(10));

        Assert.IsTrue(stream.CanWrite);
        var page = Encoding.UTF8.GetString(stream.ToArray());
        StringAssert.StartsWith(page, "<!doctype html>");
        Assert.DoesNotContain("{{", page);
        Assert.DoesNotContain("\r", page);
    }

    [TestMethod]
    public async Task WriteAsync_AnyReport_AllowsItsOwnStyleAndScriptByTheirHashesOnly()
    {
        var page = await RenderedAsync(ReportSamples.Run(1));
        var policy = Regex.Match(page, "Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value;

        StringAssert.StartsWith(policy, "default-src 'none'; ");
        Assert.DoesNotContain("unsafe", policy);
        StringAssert.Contains(policy, $"style-src {Hash(Between(page, "<style>", "</style>"))};");
        StringAssert.Contains(policy, $"script-src {Hash(Between(page, "<script>", "</script>"))};");
    }

    [TestMethod]
    [DataRow("</script><script>x</script>")]
    [DataRow("<!--<script>")]
    [DataRow("line\u2028and\u2029paragraph\u0085")]
    [DataRow("\u202Eabc\u2066\u200F\u061C\uFEFF")]
    [DataRow("\0\u0007\u007F")]
    [DataRow("'\"&`\\")]
    public async Task WriteAsync_HostileText_IsDataThatSurvivesUnchanged(string text)
    {
        var json = Data(await RenderedAsync(ReportSamples.Of(ReportSamples.Row(0) with { Sent0 = text })));

        Assert.AreEqual("", Hostile().Match(json).Value);
        using var data = JsonDocument.Parse(json);
        Assert.AreEqual(text, data.RootElement.GetProperty("rows")[0][3].GetString());
    }

    [TestMethod]
    public async Task WriteAsync_HalfSurrogates_BecomeReplacementCharacters()
    {
        var page = await RenderedAsync(ReportSamples.Of(ReportSamples.Row(0) with { Sent0 = "a\ud800b\udc00" }));
        using var data = JsonDocument.Parse(Data(page));

        Assert.AreEqual("a\ufffdb\ufffd", data.RootElement.GetProperty("rows")[0][3].GetString());
    }

    [TestMethod]
    public async Task WriteAsync_Rows_AreStoredInTheirOwnScript()
    {
        var json = Data(await RenderedAsync(ReportSamples.Run(8)));

        // A page of escapes would be twice as large, and nobody could read its source.
        StringAssert.Contains(json, "ልጁከገበያሦስት");
        StringAssert.Contains(json, "เด็กชายซื้อหนังสือ");
        using var data = JsonDocument.Parse(json);
        Assert.AreEqual("near-copy", data.RootElement.GetProperty("rows")[6][6].GetString());
        Assert.AreEqual("negative", data.RootElement.GetProperty("rejections")[1].GetProperty("side").GetString());
        Assert.AreEqual(6_880, data.RootElement.GetProperty("counts").GetProperty("rejected").GetInt64());
        Assert.AreEqual(JsonValueKind.Null, data.RootElement.GetProperty("license").ValueKind);
    }

    [TestMethod]
    public async Task Scripts_OfThePage_NeverParseMarkup()
    {
        var page = await RenderedAsync(ReportSamples.Of());

        foreach (var parser in new[]
        {
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "new Function", "srcdoc",
        })
            Assert.DoesNotContain(parser, page);
        Assert.DoesNotContain("http://", page.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal));
        Assert.DoesNotContain("https://", page);
    }

    private static async Task<string> RenderedAsync(RunReportData data)
    {
        using var stream = new MemoryStream();
        await ReportPage.WriteAsync(stream, data);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Data(string page) => Between(page, "<script type=\"application/json\" id=\"report-data\">", "</script>");

    private static string Between(string page, string start, string end)
    {
        var from = page.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return page[from..page.IndexOf(end, from, StringComparison.Ordinal)];
    }

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    [GeneratedRegex(@"[<>&\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069\u061C\u200E\u200F\uFEFF]")]
    private static partial Regex Hostile();
}
