using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx train</c></summary>
internal static class TrainCommand
{
    public static Command Create() => new("train", "Train a sentence encoder, or a LoRA adapter of a generator.")
    {
        TrainEncoderCommand.Create(),
        TrainAdapterCommand.Create(),
    };
}
