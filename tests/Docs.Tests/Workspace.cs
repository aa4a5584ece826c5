using System.CommandLine;
using System.Diagnostics;
using System.Text;
using XlLoraOnnx.Cli;

namespace XlLoraOnnx.Docs.Tests;

/// <summary>A folder in which the commands and programs of a page run; what they print is kept.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="text">All that is to run; what it names is there.</param>
    /// <param name="outputs">What it makes itself.</param>
    public Workspace(string text, IEnumerable<string> outputs)
    {
        Environment.SetEnvironmentVariable("XLLORA_ONNX_CACHE", Material.Cache);
        Material.Provide(_folder.Path, text, outputs);
    }

    public string Folder => _folder.Path;

    /// <summary>Runs a command as a user does in this folder.</summary>
    /// <returns>The exit code, and what was printed.</returns>
    public async Task<(int ExitCode, string Printed)> RunAsync(DocumentedCommand command)
    {
        string[] arguments = [.. command.Arguments!, .. NotRunHere.Shortened.GetValueOrDefault(command.Shell.Text, [])];
        // pipes need standard streams of their own, and tokenize writes to them past Console
        return command.Shell.Input is not null || command.Shell.OutputFile is not null || arguments[0] == "tokenize"
            ? await RunProcessAsync(command.Shell, arguments).ConfigureAwait(false)
            : await PrintedAsync(() => XlLoraCommand.Create().Parse(arguments).InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false })).ConfigureAwait(false);
    }

    /// <summary>Runs something in this folder, within this process.</summary>
    public async Task<(int ExitCode, string Printed)> PrintedAsync(Func<Task<int>> run)
    {
        var before = Directory.GetCurrentDirectory();
        using var printed = PrintedText.Capture();
        Directory.SetCurrentDirectory(Folder);
        try
        {
            return (await run().ConfigureAwait(false), printed.ToString());
        }
        catch (Exception e) when (e is not AssertFailedException)
        {
            return (-1, $"{printed}\n{e}");
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }
    }

    public void Dispose() => _folder.Dispose();

    private async Task<(int ExitCode, string Printed)> RunProcessAsync(ShellCommand shell, string[] arguments)
    {
        string[] command = [Path.Combine(AppContext.BaseDirectory, "xllora-onnx.dll"), .. arguments];
        using var process = Process.Start(new ProcessStartInfo("dotnet", command)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(Piped(shell)).ConfigureAwait(false);
        process.StandardInput.Close();
        await process.WaitForExitAsync().ConfigureAwait(false);
        var text = await output.ConfigureAwait(false);
        if (shell.OutputFile is { } file)
            await File.WriteAllTextAsync(Path.Combine(Folder, file), text).ConfigureAwait(false);
        return (process.ExitCode, text + await error.ConfigureAwait(false));
    }

    private string Piped(ShellCommand shell) => shell.Input switch
    {
        null => "",
        ["cat", var file] => File.ReadAllText(Path.Combine(Folder, file)),
        ["echo", var text] => text + "\n",
        var other => throw new InvalidDataException($"{shell.Where}: '{other[0]}' before the pipe is not cat FILE or echo TEXT."),
    };
}
