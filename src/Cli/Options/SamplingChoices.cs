using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>How tokens are chosen, for verbs that answer one prompt.</summary>
internal sealed class SamplingChoices
{
    private readonly Option<float?> _temperature = new("--temperature")
    {
        Description = "Divides the logits; 0 is --greedy. Default of this and the next: what generation_config.json says.",
        HelpName = "X",
    };

    private readonly Option<int?> _topK = new("--top-k") { Description = "Only the k likeliest tokens; 0 is off.", HelpName = "N" };

    private readonly Option<float?> _topP = new("--top-p")
    {
        Description = "Only the smallest set of tokens with this probability, up to 1, which is off.",
        HelpName = "X",
    };

    private readonly Option<float?> _minP = new("--min-p")
    {
        Description = "Only tokens with this share of the likeliest one's probability; 0 is off. Not with genai.",
        HelpName = "X",
    };

    private readonly Option<long> _seed = new("--seed")
    {
        Description = "Seed of the sampling.",
        HelpName = "N",
        DefaultValueFactory = _ => new SamplingOptions().Seed,
    };

    private readonly Option<bool> _greedy = new("--greedy") { Description = "Always the likeliest token." };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_temperature, _topK, _topP, _minP, _seed, _greedy])
            command.Add(option);
    }

    /// <summary>Whether anything was said of how to sample; the seed alone does not count.</summary>
    public bool IsGiven(ParseResult parse) => parse.GetValue(_temperature) is not null || parse.GetValue(_topK) is not null
        || parse.GetValue(_topP) is not null || parse.GetValue(_minP) is not null || parse.GetResult(_greedy) is { Implicit: false };

    public SamplingOptions Apply(ParseResult parse, SamplingOptions defaults)
    {
        var (temperature, topK) = (parse.GetValue(_temperature), parse.GetValue(_topK));
        var (topP, minP) = (parse.GetValue(_topP), parse.GetValue(_minP));
        var sampled = temperature > 0 || topK is not null || topP is not null || minP is not null;
        if (parse.GetValue(_greedy) || temperature == 0)
            return sampled
                ? throw new ArgumentException("--greedy (or --temperature 0) draws nothing, so it goes with no other way of sampling.")
                : defaults with { DoSample = false, Temperature = 1 };
        return defaults with
        {
            DoSample = defaults.DoSample || sampled,
            Temperature = temperature ?? defaults.Temperature,
            TopK = topK ?? defaults.TopK,
            TopP = topP ?? defaults.TopP,
            MinP = minP ?? defaults.MinP,
            Seed = parse.GetValue(_seed),
        };
    }
}
