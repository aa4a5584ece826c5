using System.Diagnostics;

namespace XlLoraOnnx.Tests;

/// <summary>A package of Debian, for whoever may install packages. Ubuntu's chromium is a snap, which reads no files of tests.</summary>
internal sealed class DebianPackage(string name) : IBrowserSource
{
    private const string AptGet = "/usr/bin/apt-get", Release = "/etc/os-release";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    private static readonly string[] Bounds =
    [
        "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=1",
        "-o", "Acquire::http::Timeout=15", "-o", "Acquire::https::Timeout=15",
    ];

    public string? Command => OperatingSystem.IsLinux() && File.Exists(AptGet) && File.Exists(Release)
        && File.ReadLines(Release).Any(line => line is "ID=debian")
            ? (Allowed ? $"apt-get update && apt-get install -y {name}"
                : $"sudo apt-get update && sudo apt-get install -y {name}")
            : null;

    public bool Allowed => Environment.IsPrivilegedProcess;

    public async Task<string?> GetAsync()
    {
        // One source of packages that cannot be reached spoils the update, and perhaps not the installation.
        var update = await BoundedProcess.RunAsync(Apt("update"), Limit);
        var install = await BoundedProcess.RunAsync(Apt("install", "-y", "--no-install-recommends", name), Limit);
        return install is null ? null : update is null ? install : $"{install}; and before that: {update}";
    }

    private static ProcessStartInfo Apt(params string[] arguments)
    {
        var start = new ProcessStartInfo(AptGet, [.. Bounds, .. arguments]);
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        return start;
    }
}
