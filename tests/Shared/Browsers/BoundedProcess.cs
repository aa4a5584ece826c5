using System.ComponentModel;
using System.Diagnostics;

namespace XlLoraOnnx.Tests;

/// <summary>A program that gets no input and a limit of time.</summary>
internal static class BoundedProcess
{
    private const int LinesKept = 6;

    /// <returns>Null where it ended with 0; else how it ended, and the last that it said.</returns>
    public static async Task<string?> RunAsync(ProcessStartInfo start, TimeSpan limit)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        var said = new Queue<string>();
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return $"{start.FileName} cannot be started: {e.Message}";
        }
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var ending = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(ending.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return $"ended after {limit.TotalSeconds:0} s without a result{Last()}";
        }
        return process.ExitCode == 0 ? null : $"exit code {process.ExitCode}{Last()}";

        void Keep(string? line)
        {
            if (string.IsNullOrWhiteSpace(line))
                return;
            lock (said)
            {
                said.Enqueue(line.Trim());
                if (said.Count > LinesKept)
                    said.Dequeue();
            }
        }

        string Last()
        {
            lock (said)
                return said.Count == 0 ? "" : ": " + string.Join(" | ", said);
        }
    }
}
