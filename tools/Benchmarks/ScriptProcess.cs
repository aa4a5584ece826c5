using System.Diagnostics;
using System.Text.Json;

namespace XlLoraOnnx.Benchmarks;

/// <summary>A script in node that stays, and answers each line of JSON with one.</summary>
internal sealed class ScriptProcess : IDisposable
{
    private readonly Process _process;

    private ScriptProcess(Process process) => _process = process;

    public static ScriptProcess Start(string folder, string script, string argument) => new(Process.Start(
        new ProcessStartInfo("node", [script, argument])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!);

    public JsonElement Ask(object question)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(question));
        var line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("node ended without an answer.");
        return JsonDocument.Parse(line).RootElement;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
