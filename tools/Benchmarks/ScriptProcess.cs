using System.Diagnostics;
using System.Text.Json;

namespace XlLoraOnnx.Benchmarks;

/// <summary>A program that stays, and answers each line of JSON with one.</summary>
internal sealed class ScriptProcess : IDisposable
{
    private readonly Process _process;

    private ScriptProcess(Process process) => _process = process;

    /// <summary>A script in node.</summary>
    public static ScriptProcess Start(string folder, string script, params string[] arguments) =>
        StartProgram("node", [script, .. arguments], folder);

    /// <summary>This program again.</summary>
    public static ScriptProcess StartOurs(params string[] words)
    {
        // the program itself, or dotnet with it
        var isDotnet = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        return StartProgram(
            Environment.ProcessPath!, [.. isDotnet ? [Environment.GetCommandLineArgs()[0]] : Array.Empty<string>(), .. words],
            Environment.CurrentDirectory);
    }

    public JsonElement Ask(object question)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(question, JsonSerializerOptions.Web));
        var line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The program ended without an answer.");
        return JsonDocument.Parse(line).RootElement;
    }

    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // it ended before, and was said to have
        }
        _process.WaitForExit();
        _process.Dispose();
    }

    private static ScriptProcess StartProgram(string program, string[] arguments, string folder) => new(Process.Start(
        new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!);
}
