namespace XlLoraOnnx.Tests;

/// <summary>The browser that the tests of this process look at pages with.</summary>
internal static class TestBrowser
{
    // Playwright's first: it changes nothing outside the user's own cache.
    private static readonly BrowserChoice Choice = new(BrowserSearch.Here, [new PlaywrightDownload(), new DebianPackage("chromium")],
        Path.Combine(Path.GetTempPath(), $"xllora-onnx-browser.{Environment.UserName}.lock"));

    /// <summary>Whether Chromium's sandbox must stay off: it refuses to run as root.</summary>
    public static bool WithoutSandbox => !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess;

    /// <summary>Starts a browser that is here, or gets one, or skips the test with the command that would help.</summary>
    /// <param name="start">Starts a program, and throws where it is of no use.</param>
    public static Task<T> StartAsync<T>(Func<string, Task<T>> start, TestContext context) where T : class =>
        Choice.StartAsync(start, message => context.DisplayMessage(MessageLevel.Warning, message));
}
