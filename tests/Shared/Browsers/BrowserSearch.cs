using System.Runtime.InteropServices;

namespace XlLoraOnnx.Tests;

/// <summary>Where a browser of Chromium's kind lies on a machine, if it lies anywhere.</summary>
/// <param name="System">Whose places to look at.</param>
/// <param name="Variable">The environment: HOME, PATH and the like.</param>
internal sealed record BrowserSearch(OSPlatform System, Func<string, string?> Variable)
{
    public const string Names = "chromium, chromium-browser, google-chrome, google-chrome-stable, microsoft-edge, microsoft-edge-stable";

    public static BrowserSearch Here { get; } = new(
        OperatingSystem.IsWindows() ? OSPlatform.Windows : OperatingSystem.IsMacOS() ? OSPlatform.OSX : OSPlatform.Linux,
        Environment.GetEnvironmentVariable);

    /// <summary>Programs that exist, the likeliest to do first; not every one need start.</summary>
    public IReadOnlyList<string> Programs() =>
        [.. OnPath().Concat(InUsualPlaces()).Concat(InPlaywrightsCache()).Where(File.Exists).Distinct()];

    private IEnumerable<string> OnPath()
    {
        string[] names = System == OSPlatform.Windows ? ["chrome.exe", "msedge.exe"] : Names.Split(", ");
        var folders = Variable("PATH")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? [];
        return names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name)));
    }

    private IEnumerable<string> InUsualPlaces()
    {
        if (System == OSPlatform.Windows)
            return
                from program in (string[])["Google/Chrome", "Chromium", "Microsoft/Edge"]
                from root in Folders("ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA")
                select Path.Combine(root, program, "Application", program == "Microsoft/Edge" ? "msedge.exe" : "chrome.exe");
        if (System == OSPlatform.OSX)
            return
                from program in (string[])["Google Chrome", "Chromium", "Microsoft Edge"]
                from root in Folders("HOME").Prepend("/")
                select Path.Combine(root, "Applications", program + ".app", "Contents", "MacOS", program);
        // a PATH that leaves out the system's own folders is no reason to install a second browser
        return ["/usr/bin/chromium", "/usr/lib/chromium/chromium", "/opt/google/chrome/chrome", "/opt/microsoft/msedge/msedge"];
    }

    /// <summary>Playwright keeps each revision in a folder of its own; the newest first.</summary>
    private IEnumerable<string> InPlaywrightsCache()
    {
        var cache = PlaywrightsCache();
        if (cache is null || !Directory.Exists(cache))
            return [];
        string[] programs = System == OSPlatform.Windows ? ["chrome.exe"]
            : System == OSPlatform.OSX ? ["Google Chrome for Testing", "Chromium"]
            : ["chrome"];
        return Directory.EnumerateDirectories(cache, "chromium-*")
            .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder)["chromium-".Length..], out var revision) ? revision : 0)
            .SelectMany(folder => programs.SelectMany(name => Directory.EnumerateFiles(folder, name, SearchOption.AllDirectories)));
    }

    /// <summary>As its installer chooses it: https://playwright.dev/dotnet/docs/browsers#managing-browser-binaries.</summary>
    private string? PlaywrightsCache()
    {
        if (Variable("PLAYWRIGHT_BROWSERS_PATH") is { Length: > 1 } told)
            return told;
        var (parent, name) = System == OSPlatform.Windows ? (Variable("LOCALAPPDATA"), "ms-playwright")
            : System == OSPlatform.OSX ? (Variable("HOME"), "Library/Caches/ms-playwright")
            : Variable("XDG_CACHE_HOME") is { Length: > 0 } xdg ? (xdg, "ms-playwright")
            : (Variable("HOME"), ".cache/ms-playwright");
        return string.IsNullOrEmpty(parent) ? null : Path.Combine(parent, name);
    }

    private IEnumerable<string> Folders(params string[] variables) => variables.Select(Variable).OfType<string>().Where(f => f.Length > 0);
}
