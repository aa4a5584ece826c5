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
            GiveBack();
            return OperatingSystem.IsLinux() ? Status("VmRSS:") : Of(p => p.WorkingSet64);
        }
    }

    /// <summary>What is free goes back to the system: garbage of many MiB, of a plan or a large tokenizer.json, would count for the whole
    /// export.</summary>
    public static void GiveBack() => GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);

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
