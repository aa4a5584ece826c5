using System.Runtime.InteropServices;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class BrowserSearchTests : IDisposable
{
    private readonly TemporaryFolder _machine = new();

    public void Dispose() => _machine.Dispose();

    [TestMethod]
    [DataRow("chromium")]
    [DataRow("chromium-browser")]
    [DataRow("google-chrome")]
    [DataRow("google-chrome-stable")]
    [DataRow("microsoft-edge")]
    public void Programs_OnPathOfLinux_AreFound(string name)
    {
        var program = _machine.Write(Path.Combine("second", name), "");
        var path = string.Join(Path.PathSeparator, _machine.File("first"), _machine.File("second"));

        CollectionAssert.Contains(Programs(OSPlatform.Linux, ("PATH", path)), program);
    }

    [TestMethod]
    [DataRow("ProgramFiles", "Google/Chrome/Application/chrome.exe")]
    [DataRow("ProgramFiles(x86)", "Microsoft/Edge/Application/msedge.exe")]
    [DataRow("LOCALAPPDATA", "Chromium/Application/chrome.exe")]
    [DataRow("LOCALAPPDATA", "ms-playwright/chromium-1248/chrome-win64/chrome.exe")]
    public void Programs_WhereWindowsKeepsThem_AreFound(string variable, string place) =>
        AssertFound(OSPlatform.Windows, variable, place);

    [TestMethod]
    [DataRow("HOME", "Applications/Google Chrome.app/Contents/MacOS/Google Chrome")]
    [DataRow("HOME", "Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge")]
    [DataRow("HOME", "Library/Caches/ms-playwright/chromium-1248/chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/"
        + "Google Chrome for Testing")]
    public void Programs_WhereMacOSKeepsThem_AreFound(string variable, string place) => AssertFound(OSPlatform.OSX, variable, place);

    [TestMethod]
    [DataRow("HOME", ".cache/ms-playwright/chromium-1248/chrome-linux64/chrome")]
    [DataRow("XDG_CACHE_HOME", "ms-playwright/chromium-1248/chrome-linux64/chrome")]
    [DataRow("PLAYWRIGHT_BROWSERS_PATH", "chromium-1248/chrome-linux64/chrome")]
    public void Programs_InPlaywrightsCache_AreFound(string variable, string place) => AssertFound(OSPlatform.Linux, variable, place);

    [TestMethod]
    public void Programs_OfSeveralRevisions_TheNewestComesFirst()
    {
        var old = _machine.Write("chromium-999/chrome-linux/chrome", "");
        var recent = _machine.Write("chromium-1248/chrome-linux64/chrome", "");

        var programs = Programs(OSPlatform.Linux, ("PLAYWRIGHT_BROWSERS_PATH", _machine.Path));

        var own = programs.Where(p => p.StartsWith(_machine.Path, StringComparison.Ordinal)).ToArray();
        CollectionAssert.AreEqual(new[] { recent, old }, own);
    }

    [TestMethod]
    public void Programs_WithNothingInTheEnvironment_AreThoseOfTheSystemAlone()
    {
        foreach (var program in Programs(OSPlatform.Linux))
            Assert.IsTrue(File.Exists(program), program);
        Assert.IsEmpty(Programs(OSPlatform.Windows));
    }

    private void AssertFound(OSPlatform system, string variable, string place)
    {
        var program = _machine.Write(place, "");

        var found = Programs(system, (variable, _machine.Path)).Select(Path.GetFullPath).ToArray();

        CollectionAssert.Contains(found, Path.GetFullPath(program));
    }

    private static string[] Programs(OSPlatform system, params (string Name, string Value)[] variables) =>
        [.. new BrowserSearch(system, name => variables.FirstOrDefault(v => v.Name == name).Value).Programs()];
}
