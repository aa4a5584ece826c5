using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace XlLoraOnnx.Cli.Tests;

/// <summary>Runs the built program as a user does, in a process of its own.</summary>
internal static partial class CommandLine
{
    private const int InterruptSignal = 2, KillSignal = 9;

    public static CommandResult Run(string workingFolder, params string[] arguments)
    {
        using var process = Start(workingFolder, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        return new CommandResult(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Gives a text on standard input.</summary>
    public static CommandResult RunWithInput(string workingFolder, string input, params string[] arguments)
    {
        using var process = Start(workingFolder, arguments, redirectInput: true);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        return new CommandResult(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Presses Ctrl+C once standard error says <paramref name="when"/>.</summary>
    public static CommandResult RunAndInterrupt(string workingFolder, Func<string, bool> when, params string[] arguments)
    {
        using var process = Start(workingFolder, arguments, isInterruptible: true);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = new StringBuilder();
        var interrupted = false;
        while (process.StandardError.ReadLine() is { } line)
        {
            error.AppendLine(line);
            if (!interrupted && when(line))
            {
                interrupted = true;
                Interrupt(process);
            }
        }
        process.WaitForExit();
        Assert.IsTrue(interrupted, $"standard error never said what was waited for:\n{error}");
        return new CommandResult(process.ExitCode, output.Result, error.ToString());
    }

    /// <summary>Presses Ctrl+C once there is something on standard output.</summary>
    public static CommandResult RunAndInterruptOutput(string workingFolder, params string[] arguments)
    {
        using var process = Start(workingFolder, arguments, isInterruptible: true);
        var error = process.StandardError.ReadToEndAsync();
        var first = process.StandardOutput.Read();
        Assert.IsGreaterThanOrEqualTo(0, first, "standard output stayed empty");
        Interrupt(process);
        var output = (char)first + process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandResult(process.ExitCode, output, error.Result);
    }

    /// <summary>Kills it, as <c>kill -9</c> does, as soon as something is there.</summary>
    public static void RunAndKill(string workingFolder, Func<bool> isThere, params string[] arguments)
    {
        using var process = Start(workingFolder, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        while (!isThere() && !process.WaitForExit(5))
        {
        }
        process.Kill();
        process.WaitForExit();
        Assert.AreEqual(128 + KillSignal, process.ExitCode, $"it ended by itself:\n{output.Result}\n{error.Result}");
    }

    /// <summary>Presses Ctrl+C.</summary>
    public static void Interrupt(Process process) => Assert.AreEqual(0, Kill(process.Id, InterruptSignal));

    /// <param name="environment">Variables beside those that are there.</param>
    /// <param name="isInterruptible">Hears Ctrl+C even if the tests run in the background of a shell, where it is ignored by
    /// inheritance.</param>
    public static Process Start(string workingFolder, string[] arguments, bool redirectInput = false,
        IReadOnlyDictionary<string, string>? environment = null, bool isInterruptible = false)
    {
        string[] command = ["dotnet", Path.Combine(AppContext.BaseDirectory, "xllora-onnx.dll"), .. arguments];
        if (isInterruptible)
            command = ["env", "--default-signal=INT", .. command];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = workingFolder,
            RedirectStandardInput = redirectInput,
            StandardInputEncoding = redirectInput ? new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) : null,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["XLLORA_ONNX_CACHE"] = Models.Cache;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}

internal sealed record CommandResult(int ExitCode, string Output, string Error);
