using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx train</c></summary>
internal static class TrainCommand
{
    public static Command Create() => new("train", "Train a sentence encoder, from triplets, pairs or texts.")
    {
        TrainEncoderCommand.Create(),
    };
}
