using System.Diagnostics;
using Microsoft.Playwright;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Chromium without a window, and what a page did in it that a report must not do.</summary>
internal sealed class ReportBrowser : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private ReportBrowser(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>Skips the test where no browser is to be had.</summary>
    public static async Task<ReportBrowser> StartAsync(TestContext context)
    {
        var playwright = await Playwright.CreateAsync();
        try
        {
            return new ReportBrowser(playwright, await TestBrowser.StartAsync(program => LaunchAsync(playwright, program), context));
        }
        catch
        {
            playwright.Dispose();
            throw;
        }
    }

    /// <summary>Writes a report to the folder and opens it from there, as a user does.</summary>
    /// <param name="before">Script that runs before the page's own.</param>
    public async Task<OpenReport> OpenAsync(TemporaryFolder folder, RunReportData data, int width = 1280, string? before = null)
    {
        var path = folder.File("report.html");
        await using (var file = File.Create(path))
            await ReportPage.WriteAsync(file, data);
        var context = await _browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 800 } });
        var page = await context.NewPageAsync();
        // machines are shared
        page.SetDefaultTimeout(120_000);
        if (before is not null)
            await page.AddInitScriptAsync(before);
        var report = new OpenReport(page, new Uri(path).AbsoluteUri);
        await page.GotoAsync(report.Address);
        return report;
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    private static async Task<IBrowser> LaunchAsync(IPlaywright playwright, string program)
    {
        var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = program,
            Headless = true,
            Timeout = 30_000,
            ChromiumSandbox = !TestBrowser.WithoutSandbox,
            Args = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
        });
        try
        {
            // One from a snap starts, and is shown another folder for temporary files than ours.
            using var folder = new TemporaryFolder();
            var page = await browser.NewPageAsync();
            await page.GotoAsync(new Uri(folder.Write("page.html", "<title>readable</title>")).AbsoluteUri, new() { Timeout = 10_000 });
            if (await page.TitleAsync() != "readable")
                throw new InvalidDataException($"it starts, but does not show a page in {folder.Path}");
            await page.CloseAsync();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }
}

/// <summary>An open report; disposing it fails the test if the page did what it must not.</summary>
internal sealed class OpenReport : IAsyncDisposable
{
    private readonly List<string> _faults = [];

    public OpenReport(IPage page, string address)
    {
        (Page, Address) = (page, address);
        page.Console += (_, message) => _faults.Add($"console {message.Type}: {message.Text}");
        page.PageError += (_, error) => _faults.Add($"error: {error}");
        page.Dialog += (_, dialog) => _faults.Add($"dialog: {dialog.Message}");
        page.Request += (_, request) =>
        {
            if (request.Url != address && !request.Url.StartsWith("data:", StringComparison.Ordinal)
                && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
                _faults.Add($"request: {request.Url}");
        };
    }

    public IPage Page { get; }

    public string Address { get; }

    public ILocator Rows => Page.Locator("#rows tbody tr");

    public ILocator Cell(int row, string column) => Rows.Nth(row).Locator($"[data-column={column}] .text");

    public Task<string> StatusAsync() => Page.Locator("[data-status]").First.InnerTextAsync();

    /// <summary>Waits until the first pager says this: a search begins a moment after the last key.</summary>
    public async Task WaitForStatusAsync(string status)
    {
        var waited = Stopwatch.StartNew();
        while (await StatusAsync() != status && waited.Elapsed < TimeSpan.FromSeconds(10))
            await Task.Delay(50);
        Assert.AreEqual(status, await StatusAsync());
    }

    public Task PressAsync(string key) => Page.Keyboard.PressAsync(key);

    public async ValueTask DisposeAsync()
    {
        await Page.Context.DisposeAsync();
        Assert.IsEmpty(_faults, string.Join('\n', _faults));
    }
}
