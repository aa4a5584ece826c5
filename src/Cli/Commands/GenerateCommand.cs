using System.CommandLine;
using System.Diagnostics;
using System.Text;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx generate</c></summary>
internal static class GenerateCommand
{
    private const string StandardInput = "-";

    private static readonly Argument<string?> Prompt = new("PROMPT")
    {
        Description = "What the user says; '-', or nothing while standard input is a file or a pipe, reads it there (UTF-8).",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = "An exported model folder.",
        HelpName = "MODEL",
        Required = true,
    };

    private static readonly Option<string> Adapter = new("--adapter")
    {
        Description = "Adapter that answers; 'none' for the base model.",
        HelpName = "NAME",
        DefaultValueFactory = _ => AdapterNames.None,
    };

    private static readonly Option<string?> SystemMessage = new("--system")
    {
        Description = "What the system message says. Default: there is none.",
        HelpName = "TEXT",
    };

    private static readonly Option<int> MaxNewTokens = new("--max-new-tokens")
    {
        Description = "Most tokens of the answer.",
        HelpName = "N",
        DefaultValueFactory = _ => 256,
    };

    public static Command Create()
    {
        const string Description = "Answer one prompt, on standard output as it is generated.";
        var engine = new EngineOptions();
        var sampling = new SamplingChoices();
        var command = new Command("generate", Description) { Prompt, Model, Adapter, SystemMessage, MaxNewTokens };
        sampling.AddTo(command);
        engine.AddTo(command);
        command.SetGuardedAction((parse, cancellationToken) => RunAsync(parse, engine, sampling, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        ParseResult parse, EngineOptions engine, SamplingChoices sampling, CancellationToken cancellationToken)
    {
        var prompt = await ReadPromptAsync(parse.GetValue(Prompt), cancellationToken).ConfigureAwait(false);
        using var model = XlLoraModel.Load(parse.GetRequiredValue(Model), engine.Apply(parse, new XlLoraModelOptions()));
        ModelNotices.Write(model);
        var view = new AnswerView();
        ChatTurn[] system = parse.GetValue(SystemMessage) is { } text ? [new ChatTurn("system", text)] : [];
        var request = new GenerationRequest
        {
            RowId = 0,
            Messages = [.. system, new ChatTurn("user", prompt)],
            Adapter = AdapterNames.Parse(parse.GetRequiredValue(Adapter)),
            Sampling = sampling.Apply(parse, model.DefaultSampling),
            MaxNewTokens = parse.GetValue(MaxNewTokens),
            OnText = view.Write,
        };
        var started = Stopwatch.GetTimestamp();
        try
        {
            var result = await model.GenerateAsync([request], cancellationToken).SingleAsync(CancellationToken.None).ConfigureAwait(false);
            if (result.FinishReason == FinishReason.Rejected)
                throw new InvalidDataException(result.Error);
            view.End(result, Stopwatch.GetElapsedTime(started), model);
            return ExitCodes.Succeeded;
        }
        catch (OperationCanceledException)
        {
            view.EndInterrupted();
            return ExitCodes.Interrupted;
        }
    }

    private static async Task<string> ReadPromptAsync(string? prompt, CancellationToken cancellationToken)
    {
        if (prompt is null && !Console.IsInputRedirected)
            throw new ArgumentException("There is no prompt. Give it in quotes, or '-' to read it from standard input.");
        if (prompt is null or StandardInput)
        {
            using var reader = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false, throwOnInvalidBytes: true));
            try
            {
                prompt = await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (DecoderFallbackException e)
            {
                throw new InvalidDataException("Standard input is not UTF-8.", e);
            }
        }
        return string.IsNullOrWhiteSpace(prompt) ? throw new ArgumentException("The prompt is empty.") : prompt.TrimEnd('\r', '\n');
    }
}
