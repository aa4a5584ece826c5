using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx train</c></summary>
internal static class TrainCommand
{
    public static Command Create() => new("train", "Train a sentence encoder, a LoRA adapter of a generator, or an adapter for two languages.")
    {
        TrainEncoderCommand.Create(),
        TrainAdapterCommand.Create(),
        TrainFusionCommand.Create(),
    };
}
