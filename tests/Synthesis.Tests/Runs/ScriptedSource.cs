using System.Globalization;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>A run's source without a model: answers are a function of the request, and some are bad.</summary>
internal static class ScriptedSource
{
    private static readonly string[] Things = ["bread", "rice", "fish", "milk", "wood", "water", "stones", "books", "salt", "cloth"];

    public static SynthesisOptions Options { get; } = new()
    {
        Sampling = new SamplingOptions { DoSample = true, Seed = 7 },
        MaxAttempts = 2,
    };

    /// <param name="log">Gets a byte for each answer.</param>
    /// <param name="step">Time that so many answers as a batch take together.</param>
    public static ScriptedGenerator Generator(Stream? log = null, int batchSize = 8, TimeSpan step = default, bool keepsCalls = true) =>
        new(request => Answer(request, log)) { PreferredBatchSize = batchSize, Step = step, KeepsCalls = keepsCalls };

    public static RunSource Of(ITextGenerator generator) => new()
    {
        Generator = generator,
        Model = "scripted",
        Family = "scripted",
        BaseFingerprint = "sha256:0",
        Precision = "fp32",
        DefaultSampling = new SamplingOptions { DoSample = true },
        EngineInfo = new EngineInfo(TextEngine.Continuous, "it is scripted"),
        Devices = ["cpu"],
        ToolVersion = "0",
        AdapterSha256 = name => $"sha256 of {name}",
    };

    /// <summary>Every seventh answer reaches the limit, every ninth is blank; another attempt is another answer.</summary>
    private static GenerationResult Answer(GenerationRequest request, Stream? log)
    {
        log?.WriteByte((byte)'.');
        var number = (ulong)request.RowId * 31 + (ulong)request.Attempt * 7919;
        if (number % 7 == 0)
            return ScriptedGenerator.Answer(request, "Someone never", FinishReason.Length);
        var verb = request.Adapter == "pos" ? "carries" : "never carries";
        var text = number % 9 == 0 ? " " : string.Create(CultureInfo.InvariantCulture,
            $"Someone {verb} {Things[number % 10]} to house number {number % 10_000_019}.");
        return ScriptedGenerator.Answer(request, text);
    }
}
