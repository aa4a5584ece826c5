using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx tokenize</c></summary>
internal static class TokenizeCommand
{
    private const string StandardInput = "-";

    public static Command Create()
    {
        var model = new Option<string>("--model", "-m")
        {
            Description = "A folder with a tokenizer.json, or such a file.",
            HelpName = "MODEL",
            Required = true,
        };
        var input = new Option<string>("--input", "-i")
        {
            Description = "JSONL with a text field, UTF-8; - for standard input.",
            HelpName = "FILE",
            Required = true,
        };
        var noSpecial = new Option<bool>("--no-special") { Description = "Without the special tokens around each text." };
        var json = new Option<bool>("--json") { Description = "One JSON object a line (ids, tokens, decoded) instead of text." };
        var command = new Command("tokenize", "Turn texts into token ids, as the tokenizer.json of a model says.")
        {
            model, input, noSpecial, json,
        };
        command.SetGuardedAction((parse, cancellationToken) =>
        {
            var tokenizer = XlLoraTokenizer.Load(parse.GetRequiredValue(model)).WithSpecialTokens(!parse.GetValue(noSpecial));
            var path = parse.GetRequiredValue(input);
            using var stream = Open(path);
            var texts = TokenizationJob.Run(tokenizer, stream, path == StandardInput ? "standard input" : path);
            TokenizedTextView.Write(texts, parse.GetValue(json), cancellationToken);
            return Task.FromResult(ExitCodes.Succeeded);
        });
        return command;
    }

    private static Stream Open(string path)
    {
        if (path == StandardInput)
            return Console.OpenStandardInput();
        return File.Exists(path)
            ? File.OpenRead(path)
            : throw new FileNotFoundException($"There is no file {path} to read texts from.", path);
    }
}
