using Microsoft.Playwright;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>The report in a real browser: what a reader sees, presses and takes away.</summary>
[TestClass]
[DoNotParallelize]
public sealed partial class ReportPageBrowserTests : IDisposable
{
    private static ReportBrowser _browser = null!;

    private readonly TemporaryFolder _folder = new();

    [ClassInitialize]
    public static async Task StartBrowser(TestContext context) => _browser = await ReportBrowser.StartAsync(context);

    [ClassCleanup]
    public static async Task StopBrowser()
    {
        // Null where none was to be had: that is why the tests are skipped.
        if (_browser is not null)
            await _browser.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public async Task Page_OfARun_ShowsItsNumbersAndCharts()
    {
        await using var report = await _browser.OpenAsync(_folder, ReportSamples.Run());
        var page = report.Page;

        Assert.AreEqual("Afro-Asiatic anchors", await page.InnerTextAsync("#title"));
        Assert.AreEqual("Afro-Asiatic anchors · synthesis report", await page.TitleAsync());
        StringAssert.Contains(await page.InnerTextAsync("#tiles"), "493,120");
        StringAssert.Contains(await page.InnerTextAsync("#tiles"), "98.6 %");
        StringAssert.Contains(await page.InnerTextAsync("#acceptance"), "95.3 %");
        StringAssert.Contains(await page.InnerTextAsync("#rejections"), "near-copy · sent1");
        StringAssert.Contains(await page.InnerTextAsync("#truth"), "88.8 %");
        StringAssert.Contains(await page.InnerTextAsync("#frequent"), "The man is sleeping.");
        StringAssert.Contains(await page.InnerTextAsync("#prompts"), "Premise: {premise}");
        Assert.AreEqual("A sample of 1,000 of the run's 500,000 rows.", await page.InnerTextAsync("#sample"));
        Assert.AreEqual(10, await page.Locator("svg[role=img]").CountAsync(), "lengths of three columns twice, duplicates, throughput");
        foreach (var svg in await page.Locator("svg[role=img]").AllAsync())
            Assert.IsTrue(await svg.EvaluateAsync<bool>(
                "s => s.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id).textContent.length > 0)"));
    }

    [TestMethod]
    public async Task Page_OfARunWithNothingInIt_SaysSo()
    {
        var empty = ReportSamples.Of() with
        {
            Finished = null,
            Positive = null,
            Negative = null,
            Acceptance = [],
            Rejections = [],
            Repairs = [],
            Languages = [],
            Truth = null,
            Lengths = [new("sent0", Histogram.Linear(10, 4).ToData())],
            Duplicates = [],
            NearDuplicates = null,
            FrequentOutputs = [],
            Throughput = [new(0, double.NaN, double.PositiveInfinity)],
            Sampling = [],
            Devices = [],
            Command = null,
        };
        await using var report = await _browser.OpenAsync(_folder, empty);

        Assert.IsTrue(await report.Page.Locator("#none").IsVisibleAsync());
        Assert.IsTrue(await report.Page.Locator("#export").IsDisabledAsync());
        Assert.IsFalse(await report.Page.Locator("#truth-card").IsVisibleAsync());
        StringAssert.Contains(await report.Page.InnerTextAsync("#subtitle"), "not finished");
        StringAssert.Contains(await report.Page.InnerTextAsync("#throughput"), "Nothing was measured.");
    }

    [TestMethod]
    public async Task Page_HostileTextEverywhere_StaysText()
    {
        const string hostile = "</script><script>window.hit=1</script><img src=x onerror=\"window.hit=1\">" +
            "<!--<script> ]]> {{script}} &lt; '\"`${1}";
        var data = ReportSamples.Of(new ReportRow(
            0, hostile, hostile, hostile, hostile + "\u2028\u2029\0\u001b[31m",
            "\ud800 half \udc00 \u202Eevil\u202C", hostile, hostile, [hostile], true));
        data = data with
        {
            RunId = hostile,
            Title = hostile,
            Input = hostile,
            Command = hostile,
            License = hostile,
            Strategy = hostile,
            ToolVersion = hostile,
            AnswerLanguage = hostile,
            Model = new(hostile, hostile, hostile, hostile),
            Positive = new(hostile, hostile, new(hostile, hostile)),
            Sampling = [new(hostile, hostile)],
            Devices = [new(hostile, hostile, hostile)],
            Repairs = [new(hostile, 1)],
            Languages = [new(hostile, hostile, 1, 1)],
            FrequentOutputs = [new(SynthesisSide.Negative, hostile, 9)],
            Acceptance = [new(SynthesisSide.Positive, hostile, 2, 1, 0)],
            Lengths = [new(hostile, Histogram.Linear(1, 1).ToData())],
        };
        await using var report = await _browser.OpenAsync(_folder, data);

        Assert.AreEqual(hostile, await report.Page.Locator("#title").TextContentAsync());
        Assert.AreEqual(hostile, await report.Cell(0, "sent0").TextContentAsync());
        Assert.AreEqual(hostile + "\u2028\u2029\u2400\u241b[31m", await report.Cell(0, "sent1").TextContentAsync());
        Assert.AreEqual("\ufffd half \ufffd ⟨RLO⟩evil⟨PDF⟩", await report.Cell(0, "hard_neg").TextContentAsync());
        await report.Rows.First.Locator("button[data-mark=good]").ClickAsync();
        Assert.IsTrue(await report.Page.EvaluateAsync<bool>("window.hit === undefined"));
        Assert.AreEqual(0, await report.Page.Locator("img").CountAsync());
        Assert.AreEqual(2, await report.Page.Locator("script").CountAsync());
    }

    [TestMethod]
    public async Task Policy_WhenSomethingWantsToRunOrLoad_ForbidsIt()
    {
        var report = await _browser.OpenAsync(_folder, ReportSamples.Of(ReportSamples.Row(0)));
        var refused = report.Page.EvaluateAsync<string[]>("""
            () => new Promise(done => {
              const refused = [];
              document.addEventListener('securitypolicyviolation', e => {
                refused.push(e.effectiveDirective);
                if (refused.length === 5) done(refused.sort());
              });
              document.body.insertAdjacentHTML('beforeend', '<img src="https://example.invalid/a.png">');
              document.body.insertAdjacentHTML('beforeend', '<p style="color:red" onclick="window.hit=1">');
              const script = document.createElement('script');
              script.textContent = 'window.hit = 1';
              document.body.append(script);
              document.querySelector('p[onclick]').click();
              fetch('https://example.invalid/').catch(() => {});
              setTimeout(() => done(refused.sort()), 5000);
            })
            """);

        CollectionAssert.AreEqual(
            new[] { "connect-src", "img-src", "script-src-attr", "script-src-elem", "style-src-attr" }, await refused);
        Assert.IsTrue(await report.Page.EvaluateAsync<bool>("window.hit === undefined"));
        // Refusals are written to the console: this page is closed without looking there.
        await report.Page.Context.DisposeAsync();
    }

    [TestMethod]
    public async Task Rows_InManyScripts_LieInTheirOwnDirectionAndLanguage()
    {
        await using var report = await _browser.OpenAsync(_folder, ReportSamples.Run(8));
        var directions = new Dictionary<string, string>();
        for (var i = 0; i < 8; i++)
        {
            var cell = report.Cell(i, "sent0");
            directions[(await cell.GetAttributeAsync("lang"))!] = await cell.EvaluateAsync<string>("c => getComputedStyle(c).direction");
            Assert.AreEqual(ReportSamples.Row(i).Sent0, await cell.TextContentAsync());
            Assert.AreEqual("isolate", await cell.EvaluateAsync<string>("c => getComputedStyle(c).unicodeBidi"));
            Assert.AreEqual("ltr", await report.Cell(i, "sent1").EvaluateAsync<string>("c => getComputedStyle(c).direction"));
            Assert.AreEqual("eng", await report.Cell(i, "sent1").GetAttributeAsync("lang"));
        }

        CollectionAssert.AreEquivalent(new[] { "ara", "urd", "heb", "tha", "amh", "tel", "hau", "kor" }, directions.Keys.ToArray());
        foreach (var (language, direction) in directions)
            Assert.AreEqual(language is "ara" or "urd" or "heb" ? "rtl" : "ltr", direction, language);
    }

    [TestMethod]
    [DataRow(360)]
    [DataRow(800)]
    [DataRow(1280)]
    public async Task Page_WithLongTextsWithoutSpaces_NeverScrollsSideways(int width)
    {
        var words = new[] { "เด็กชายซื้อหนังสือ", "ልጁከገበያሦስት", "W", "👩‍👩‍👧‍👦", "بيت", "https://example.org/" };
        var rows = words.Select((word, i) => new ReportRow(
            i, new string('f', 64), "und", string.Concat(Enumerable.Repeat(word, 40)), string.Concat(Enumerable.Repeat(word, 20)), null,
            "language", new string('x', 300), [new string('r', 90)], true)).ToArray();
        var data = ReportSamples.Run() with
        {
            Rows = rows,
            Title = new string('T', 200),
            Input = new string('i', 200),
            FrequentOutputs = [new(SynthesisSide.Positive, new string('q', 900), 5)],
        };
        await using var report = await _browser.OpenAsync(_folder, data, width);

        Assert.AreEqual(0, await report.Page.EvaluateAsync<int>(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"));
        var escaping = await report.Page.EvaluateAsync<string[]>("""
            () => [...document.querySelectorAll('main *')]
              .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.hidden, thead'))
              .map(e => `${e.tagName}.${e.className}`)
            """);
        Assert.IsEmpty(escaping, string.Join(", ", escaping));
    }

    [TestMethod]
    public async Task Anchor_OfAHundredKilobytes_IsShownWhenAskedFor()
    {
        var text = string.Concat(Enumerable.Repeat("😀อ", 20_000)) + "end";
        await using var report = await _browser.OpenAsync(_folder, ReportSamples.Of(ReportSamples.Row(0) with { Sent0 = text }));
        var cell = report.Cell(0, "sent0");

        var before = await cell.TextContentAsync();
        Assert.IsTrue(before!.Length < 700 && before.EndsWith("อ…", StringComparison.Ordinal), "cut between characters");
        await report.Page.ClickAsync("text=Show all 60,003 characters");

        Assert.AreEqual(text, await cell.TextContentAsync());
    }

    [TestMethod]
    [DataRow(ColorScheme.Light)]
    [DataRow(ColorScheme.Dark)]
    public async Task Colours_OfAllText_HaveAContrastOfAtLeastFourAndAHalf(ColorScheme scheme)
    {
        await using var report = await _browser.OpenAsync(_folder, ReportSamples.Run(60));
        await report.Page.EmulateMediaAsync(new() { ColorScheme = scheme });
        await report.Rows.First.Locator("button[data-mark=good]").ClickAsync();
        await report.Rows.Nth(1).Locator("button[data-mark=bad]").ClickAsync();

        var weak = await report.Page.EvaluateAsync<string[]>("""
            () => {
              const channels = colour => colour.match(/[\d.]+/g).map(Number);
              const luminance = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
                .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
              const ground = e => {
                const own = channels(getComputedStyle(e).backgroundColor);
                return own[3] === 0 ? ground(e.parentElement) : own;
              };
              const owns = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
              const read = e => owns(e) && !e.matches(':disabled, script, title, desc, option');
              return [...document.querySelectorAll('body *')].filter(read).map(e => {
                const text = luminance(channels(e instanceof SVGElement ? getComputedStyle(e).fill : getComputedStyle(e).color));
                const back = luminance(ground(e));
                const contrast = (Math.max(text, back) + .05) / (Math.min(text, back) + .05);
                return contrast < 4.5 ? `${e.tagName}.${e.className} ${contrast.toFixed(2)}` : null;
              }).filter(Boolean);
            }
            """);

        Assert.IsEmpty(weak, string.Join(", ", weak));
    }

    [TestMethod]
    public async Task Print_ShowsTheNumbersWithoutTheControls()
    {
        await using var report = await _browser.OpenAsync(_folder, ReportSamples.Run(3));
        await report.Page.EmulateMediaAsync(new() { Media = Media.Print });

        Assert.IsTrue(await report.Page.Locator("#tiles").IsVisibleAsync());
        Assert.IsTrue(await report.Cell(0, "sent0").IsVisibleAsync());
        foreach (var control in new[] { "nav", "#search", "#export", "#keys" })
            Assert.IsFalse(await report.Page.Locator(control).IsVisibleAsync(), control);
    }
}
