#pragma warning disable
namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TrainScratch
{
    [TestMethod]
    public async Task Train()
    {
        var last = DateTime.UtcNow;
        var progress = new Direct(p => { if ((DateTime.UtcNow - last).TotalSeconds > 10 || p.ToString().Contains("spearman")) { last = DateTime.UtcNow; Console.Error.WriteLine(p); } });
        var report = await EncoderTrainer.TrainAsync("/work/main/onnx-models/demo-encoder", "/tmp/triplets.csv", "/tmp/trained-encoder" + Environment.GetEnvironmentVariable("SUFFIX"),
            new EncoderTrainingOptions { DevSets = ["/work/main/onnx-models/demo-gemma3/world/sts.csv", "/work/main/onnx-models/demo-gemma3/world/retrieval.json"], MaxLength = 64, Dropout = Environment.GetEnvironmentVariable("DROP") is { } d ? double.Parse(d) : null },
            new TrainingOptions { Epochs = int.Parse(Environment.GetEnvironmentVariable("EPOCHS") ?? "8"), BatchSize = 64, LearningRate = 3e-4 }, progress);
        Console.Error.WriteLine(System.Text.Json.JsonSerializer.Serialize(report));
    }

    private sealed class Direct(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }
}
