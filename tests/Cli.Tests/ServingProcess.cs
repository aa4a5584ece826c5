using System.Diagnostics;

namespace XlLoraOnnx.Cli.Tests;

/// <summary><c>xllora-onnx serve</c> in a process of its own, until it is stopped.</summary>
internal sealed class ServingProcess : IDisposable
{
    private const string Said = "listening on ";

    private readonly Process _process;
    private readonly Task<string> _error;

    private ServingProcess(Process process)
    {
        (_process, _error) = (process, process.StandardError.ReadToEndAsync());
        var line = process.StandardOutput.ReadLine();
        Assert.IsTrue(line?.StartsWith(Said, StringComparison.Ordinal), $"it does not listen, but says '{line}'");
        Address = new Uri(line![Said.Length..]);
    }

    public Uri Address { get; }

    /// <summary>Standard error; once it has ended.</summary>
    public string Error => _error.Result;

    /// <param name="environment">Variables beside those that are there.</param>
    public static ServingProcess Start(string workingFolder, Dictionary<string, string> environment, params string[] arguments) =>
        new(CommandLine.Start(workingFolder, arguments, environment: environment, isInterruptible: true));

    /// <summary>Ctrl+C.</summary>
    /// <returns>Its exit code.</returns>
    public int Stop()
    {
        CommandLine.Interrupt(_process);
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
