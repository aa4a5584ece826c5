using System.CommandLine;
using XlLoraOnnx.Exporter;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>How every verb ends: an exit code, and one clear message for each failure that a user can cause or mend.</summary>
internal static class CommandActions
{
    public static void SetGuardedAction(this Command command, Func<ParseResult, CancellationToken, Task<int>> action) =>
        command.SetAction(async (parse, cancellationToken) =>
        {
            try
            {
                return await action(parse, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (
                e is SynthesisInterruptedException or ExportInterruptedException or EmbeddingInterruptedException
                    or TrainingInterruptedException)
            {
                await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
                return ExitCodes.Interrupted;
            }
            catch (OperationCanceledException)
            {
                await Console.Error.WriteLineAsync("interrupted; nothing was written").ConfigureAwait(false);
                return ExitCodes.Interrupted;
            }
            catch (Exception e) when (Explain(e) is { } message)
            {
                await Console.Error.WriteLineAsync($"error: {message}").ConfigureAwait(false);
                return ExitCodes.Failed;
            }
        });

    /// <returns>Null for what can only be a defect of this program; it keeps its stack trace.</returns>
    private static string? Explain(Exception e) => e switch
    {
        AdapterRefusedException or ExportRefusedException or NotFiniteLossException => e.Message,
        FileNotFoundException or DirectoryNotFoundException or InvalidDataException or NotSupportedException => e.Message,
        ArgumentOutOfRangeException or ArgumentException => WithoutParameterName(e),
        IOException or UnauthorizedAccessException => e.Message,
        DllNotFoundException => $"the native ONNX Runtime library was not found: {e.Message}",
        _ when e.GetType().Name == "OnnxRuntimeGenAIException" => $"ONNX Runtime GenAI failed: {e.Message}",
        _ => null,
    };

    /// <summary>.NET appends "(Parameter 'x')" and the value on a line of its own, which says nothing to a user here.</summary>
    private static string WithoutParameterName(Exception e)
    {
        var end = e.Message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? e.Message : e.Message[..end];
    }
}
