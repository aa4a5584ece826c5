using System.Text;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>The table of triplets: paging, filters, keys and marks.</summary>
public sealed partial class ReportPageBrowserTests
{
    [TestMethod]
    public async Task TwentyThousandRows_PageByPage_OnlyThePageShownIsInTheDocument()
    {
        await using var report = await _browser.OpenAsync(_folder, ReportSamples.Run(RunReportData.MaxRows));
        Assert.AreEqual("rows 1 to 25 of 20,000", await report.StatusAsync());
        Assert.AreEqual(25, await report.Rows.CountAsync(), "only the page shown is in the document");

        await report.Page.EvaluateAsync("""
            () => {
              for (let i = 0; i < 50; i++) document.querySelector('[data-go="Next page"]').click();
            }
            """);

        Assert.AreEqual("rows 1,251 to 1,275 of 20,000", await report.StatusAsync());
        Assert.AreEqual(25, await report.Rows.CountAsync());
    }

    [TestMethod]
    public async Task Filters_ByVerdictLanguageMarkAndText_LeaveWhatMatches()
    {
        var data = ReportSamples.Run(240);
        await using var report = await _browser.OpenAsync(_folder, data);
        var page = report.Page;

        await page.SelectOptionAsync("#reason", "=near-copy");
        Assert.AreEqual("rows 1 to 20 of 20 (of 240)", await report.StatusAsync());
        await page.SelectOptionAsync("#language", "tha");
        Assert.AreEqual("0 rows (of 240)", await report.StatusAsync());
        Assert.IsTrue(await page.Locator("#none").IsVisibleAsync());
        await page.SelectOptionAsync("#reason", "accepted");
        Assert.AreEqual($"rows 1 to 20 of {Count(r => r.Language == "tha" && r.Reason is null)} (of 240)", await report.StatusAsync());
        await page.SelectOptionAsync("#reason", "flagged");
        await page.SelectOptionAsync("#language", "");
        Assert.AreEqual($"rows 1 to 11 of {Count(r => r.Flagged)} (of 240)", await report.StatusAsync());
        await page.SelectOptionAsync("#reason", "repaired");
        await report.WaitForStatusAsync($"rows 1 to 14 of {Count(r => r.Repairs.Count > 0)} (of 240)");
        await page.SelectOptionAsync("#reason", "");
        await page.FillAsync("#search", "ثلاثة كتب");
        await report.WaitForStatusAsync($"rows 1 to 25 of {Count(r => r.Language == "ara")} (of 240)");
        await page.FillAsync("#search", "THE BOY SOLD 17 BOOKS ");
        await report.WaitForStatusAsync("rows 1 to 1 of 1 (of 240)");
        await report.Rows.First.Locator("button[data-mark=bad]").ClickAsync();
        await page.FillAsync("#search", "");
        await page.SelectOptionAsync("#mark", "bad");
        await report.WaitForStatusAsync("rows 1 to 1 of 1 (of 240)");
        await page.SelectOptionAsync("#mark", "none");
        Assert.AreEqual("rows 1 to 25 of 239 (of 240)", await report.StatusAsync());

        int Count(Func<ReportRow, bool> which) => data.Rows.Count(which);
    }

    [TestMethod]
    public async Task Keys_MoveTurnAndMark()
    {
        await using var report = await _browser.OpenAsync(_folder, ReportSamples.Run(60));
        var page = report.Page;
        await page.SelectOptionAsync("#size", "10");
        await page.EvaluateAsync("document.activeElement.blur()");

        await report.PressAsync("n");
        Assert.AreEqual("rows 11 to 20 of 60", await report.StatusAsync());
        for (var i = 0; i < 11; i++)
            await report.PressAsync("j");
        Assert.AreEqual("rows 21 to 30 of 60", await report.StatusAsync(), "the eleventh row is on the next page");
        Assert.AreEqual("20", await page.EvaluateAsync<string>("document.activeElement.dataset.index"));
        await report.PressAsync("g");
        await report.PressAsync("k");
        Assert.AreEqual("rows 11 to 20 of 60", await report.StatusAsync());
        await report.PressAsync("b");
        Assert.AreEqual("1 good, 1 bad · 50.0 % of the marked rows are good. Row 19: bad", await page.Locator("#tally").TextContentAsync());
        await report.PressAsync("b");
        StringAssert.StartsWith(await page.InnerTextAsync("#tally"), "1 good, 0 bad");
        await report.PressAsync("/");
        await page.Keyboard.TypeAsync("jgbnp");
        Assert.AreEqual("jgbnp", await page.InputValueAsync("#search"));
        StringAssert.StartsWith(await page.InnerTextAsync("#tally"), "1 good, 0 bad");
        await page.FillAsync("#search", "");
        await report.WaitForStatusAsync("rows 1 to 10 of 60");
        await page.UncheckAsync("#shortcuts");
        await page.EvaluateAsync("document.activeElement.blur()");
        await report.PressAsync("n");
        Assert.AreEqual("rows 1 to 10 of 60", await report.StatusAsync(), "switched off");
    }

    [TestMethod]
    public async Task Marks_SurviveReload_AndAreExportedByteForByte()
    {
        var rows = new[]
        {
            new ReportRow(0, "00a", "ara", "قال: \"نعم\"، ثم\nذهب", "=HYPERLINK(\"http://x\")", "+1", null, null, [], false),
            new ReportRow(1, "00b", "tha", "ไม่เลือก", "x", "y", null, null, [], false),
            new ReportRow(12, "00c", "hau", "-Yaya kake? 👩‍👩‍👧‍👦", "@sum", null, "length", null, [], false),
            new ReportRow(13, "00d", "amh", "ሰላም, ዓለም", "\ttab", "plain", null, null, [], false),
        };
        await using var report = await _browser.OpenAsync(_folder, ReportSamples.Of(rows));
        foreach (var (row, mark) in new[] { (0, "good"), (2, "bad"), (3, "good"), (1, "good"), (1, "good") })
            await report.Rows.Nth(row).Locator($"button[data-mark={mark}]").ClickAsync();

        await report.Page.ReloadAsync();

        StringAssert.StartsWith(await report.Page.InnerTextAsync("#tally"), "2 good, 1 bad");
        Assert.AreEqual("true", await report.Rows.Nth(2).Locator("button[data-mark=bad]").GetAttributeAsync("aria-pressed"));
        var expected = "id,row,mark,sent0,sent1,hard_neg\r\n" +
            "00a,0,good,\"قال: \"\"نعم\"\"، ثم\nذهب\",\"'=HYPERLINK(\"\"http://x\"\")\",'+1\r\n" +
            "00c,12,bad,'-Yaya kake? 👩‍👩‍👧‍👦,'@sum,\r\n" +
            "00d,13,good,\"ሰላም, ዓለም\",'\ttab,plain\r\n";
        var download = await report.Page.RunAndWaitForDownloadAsync(() => report.Page.ClickAsync("#export"));
        Assert.AreEqual("marks-run-afro-asia-20260801.csv", download.SuggestedFilename);
        var path = _folder.File("marks.csv");
        await download.SaveAsAsync(path);
        CollectionAssert.AreEqual(Encoding.UTF8.GetBytes(expected), await File.ReadAllBytesAsync(path));
    }

    [TestMethod]
    [DataRow("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } })")]
    [DataRow("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }")]
    [DataRow("localStorage.setItem('xllora-onnx/marks/run-afro-asia-20260801', '{not json')")]
    public async Task Marks_WithoutStorage_WorkUntilThePageIsClosed_AndThePageSaysSo(string before)
    {
        await using var report = await _browser.OpenAsync(_folder, ReportSamples.Run(3), before: before);

        Assert.IsTrue(await report.Page.Locator("#storage").IsVisibleAsync());
        await report.Rows.First.Locator("button[data-mark=good]").ClickAsync();
        StringAssert.StartsWith(await report.Page.InnerTextAsync("#tally"), "1 good, 0 bad");
        Assert.IsTrue(await report.Page.Locator("#export").IsEnabledAsync());
    }
}
