using System.Diagnostics;

namespace XlLoraOnnx.Tests;

/// <summary>Playwright's own installer, which lies beside the tests with a Node.js of its own: no right to install is needed.</summary>
/// <remarks>
/// It is run as a process, and not through <c>Microsoft.Playwright.Program</c>, which waits for it without a limit and cannot end it.
/// </remarks>
internal sealed class PlaywrightDownload : IBrowserSource
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly string _installer = Path.Combine(AppContext.BaseDirectory, ".playwright", "package", "cli.js");
    private readonly string? _node;

    public PlaywrightDownload()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, ".playwright", "node");
        if (Directory.Exists(folder) && File.Exists(_installer))
            _node = Directory.EnumerateFiles(folder, "node*", SearchOption.AllDirectories)
                .FirstOrDefault(f => Path.GetFileName(f) is "node" or "node.exe");
    }

    public string? Command => _node is null ? null : $"\"{_node}\" \"{_installer}\" install chromium";

    public bool Allowed => true;

    public Task<string?> GetAsync()
    {
        var start = new ProcessStartInfo(_node!, [_installer, "install", "chromium"]);
        // without it each of its tries waits half a minute for a network that swallows everything
        start.Environment.TryAdd("PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT", "10000");
        return BoundedProcess.RunAsync(start, Limit);
    }
}
