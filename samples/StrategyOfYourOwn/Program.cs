using XlLoraOnnx.Runtime;
using XlLoraOnnx.Synthesis;

using var model = XlLoraModel.Load(args is [var folder] ? folder : "onnx-models/gemma-3-1b");
var options = new SynthesisOptions
{
    Strategy = new HeadlineStrategy(),
    Positive = null,
    Negative = null,
    Sampling = SamplingOptions.Greedy,
};
await foreach (var row in model.SynthesizeAsync(["Der Fischer trägt Holz."], options))
    Console.WriteLine($"{row.Sent0} | {row.Sent1} | {row.HardNeg} | {row.Rejected}");

/// <summary>Asks the bare model for headlines. What it says here is written into receipts and dataset card.</summary>
internal sealed class HeadlineStrategy : ISynthesisStrategy
{
    private const string Positive = "Write a short {language} headline that follows from: {anchor}";
    private const string Negative = "Write a short {language} headline that contradicts: {anchor}";

    public string Name => "headlines-v1";

    public IReadOnlyDictionary<string, string> Templates { get; } =
        new Dictionary<string, string> { ["positive.txt"] = Positive, ["negative.txt"] = Negative };

    public IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>();

    public string Prompt(SynthesisSide side, string anchor, string language, PromptRandom random) =>
        (side == SynthesisSide.Positive ? Positive : Negative)
            .Replace("{language}", language, StringComparison.Ordinal).Replace("{anchor}", anchor, StringComparison.Ordinal);
}
