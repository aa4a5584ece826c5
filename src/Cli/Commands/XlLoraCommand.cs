using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>The root: <c>xllora-onnx</c> and its verbs.</summary>
internal static class XlLoraCommand
{
    public static RootCommand Create() => new(
        "From a Hugging Face checkpoint and two PEFT adapters to multilingual training triplets, on ONNX Runtime, without Python.")
    {
        ExportCommand.Create(),
        ComposeCommand.Create(),
        InspectCommand.Create(),
        VerifyCommand.Create(),
        SynthesizeCommand.Create(),
        StatusCommand.Create(),
        RetryCommand.Create(),
        JoinCommand.Create(),
        TranslateCommand.Create(),
        GenerateCommand.Create(),
        ServeCommand.Create(),
        BenchCommand.Create(),
        TokenizeCommand.Create(),
        EmbedCommand.Create(),
        PredictionCommand.Classify(),
        PredictionCommand.Answer(),
        EvaluateCommand.Create(),
        TrainCommand.Create(),
        DemoCommand.Create(),
    };
}
