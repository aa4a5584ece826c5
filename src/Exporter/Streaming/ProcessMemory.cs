using System.Diagnostics;
using System.Globalization;

namespace XlLoraOnnx.Exporter;

/// <summary>Resident memory of this process, in bytes.</summary>
internal static class ProcessMemory
{
    private const string StatusFile = "/proc/self/status";

    /// <summary>The most there ever was, since the process started.</summary>
    public static long Peak => OperatingSystem.IsLinux() ? Status("VmHWM:") : Of(p => p.PeakWorkingSet64);

    /// <summary>Now, after everything that is free has been given back.</summary>
    public static long InUse
    {
        get
        {
            // reading a large tokenizer.json leaves garbage of many MiB, which would count for the whole export
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            return OperatingSystem.IsLinux() ? Status("VmRSS:") : Of(p => p.WorkingSet64);
        }
    }

    private static long Status(string field)
    {
        var line = File.ReadLines(StatusFile).First(l => l.StartsWith(field, StringComparison.Ordinal));
        var kibibytes = line[field.Length..].Replace("kB", "", StringComparison.Ordinal);
        return long.Parse(kibibytes, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) * 1024;
    }

    private static long Of(Func<Process, long> value)
    {
        using var process = Process.GetCurrentProcess();
        return value(process);
    }
}
