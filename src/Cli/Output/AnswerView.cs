
namespace XlLoraOnnx.Cli;

/// <summary>An answer as it comes, on standard output; what it took, on standard error.</summary>
internal sealed class AnswerView
{
    private bool _lineIsOpen;

    /// <summary>Called on the thread of the engine.</summary>
    public void Write(string piece)
    {
        // A model can be made to say what would command a terminal.
        if (!Console.IsOutputRedirected)
            piece = string.Concat(piece.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\uFFFD' : c));
        Console.Out.Write(piece);
        Console.Out.Flush();
        if (piece.Length > 0)
            _lineIsOpen = piece[^1] != '\n';
    }

    public void End(GenerationResult result, TimeSpan time, XlLoraModel model)
    {
        EndLine();
        var rate = result.TokenCount / Math.Max(time.TotalSeconds, 1e-6);
        var (engine, looked) = (model.Engine, model.Statistics);
        Console.Error.WriteLine(
            $"{Quantities.Count(result.TokenCount)} tokens after {Quantities.Count(result.PromptTokenCount)} of the prompt, "
            + $"{Quantities.Rate(rate)} tokens/s, {(result.FinishReason == FinishReason.Length ? "cut at the limit" : "ended by itself")}, "
            + (looked.ProposedTokens == 0 ? ""
                : $"{Quantities.Count(looked.AcceptedTokens)} of {Quantities.Count(looked.ProposedTokens)} looked-up tokens chosen, ")
            + $"engine {EngineOptions.Name(engine.Engine)} ({engine.Reason})");
    }

    public void EndInterrupted()
    {
        EndLine();
        Console.Error.WriteLine("interrupted");
    }

    private void EndLine()
    {
        if (_lineIsOpen)
            Console.Out.WriteLine();
        _lineIsOpen = false;
    }
}
