using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx tokenize</c></summary>
internal static class TokenizeCommand
{
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
            Description = "Texts, known by their content: CSV, TSV or Parquet with a column, JSON lines or a JSON list with a field, "
                + "else a text a line; or a folder of such files. '-' is standard input.",
            HelpName = "FILE",
            Required = true,
        };
        var column = new Option<string?>("--column")
        {
            Description = "Column or field that holds the text. Default: text. Plain text has none.",
            HelpName = "NAME",
        };
        var split = new Option<string?>("--split") { Description = "Which split of an input folder that has several.", HelpName = "SPLIT" };
        var noSpecial = new Option<bool>("--no-special") { Description = "Without the special tokens around each text." };
        var json = new Option<bool>("--json") { Description = "One JSON object a line (ids, tokens, decoded) instead of text." };
        var command = new Command("tokenize", "Turn texts into token ids, as the tokenizer.json of a model says.")
        {
            model, input, column, split, noSpecial, json,
        };
        command.SetGuardedAction(async (parse, cancellationToken) =>
        {
            var tokenizer = XlLoraTokenizer.Load(parse.GetRequiredValue(model)).WithSpecialTokens(!parse.GetValue(noSpecial));
            var files = InputNotices.Write(Dataset.Open(parse.GetRequiredValue(input), parse.GetValue(split)));
            var texts = TokenizationJob.RunAsync(tokenizer, files.Texts(parse.GetValue(column)), cancellationToken);
            await TokenizedTextView.WriteAsync(texts, parse.GetValue(json)).ConfigureAwait(false);
            return ExitCodes.Succeeded;
        });
        return command;
    }
}
