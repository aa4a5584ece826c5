using System.CommandLine;
using XlLoraOnnx.Runtime.GenAI;

namespace XlLoraOnnx.Cli;

/// <summary>The options of every verb that loads a model that generates text.</summary>
internal sealed class EngineOptions
{
    private readonly Option<string> _engine = new("--engine")
    {
        Description = "What runs the model: auto, continuous (rows come and go one by one, each with its adapter) or genai (official "
            + "ONNX Runtime GenAI).",
        HelpName = "ENGINE",
        DefaultValueFactory = _ => Name(new XlLoraModelOptions().Engine),
    };

    private readonly Option<string[]> _devices = new("--devices")
    {
        Description = "Where to run: cpu, cuda:0, … Default: cpu.",
        HelpName = "DEVICE,…",
    };

    private readonly Option<int?> _slots = new("--slots")
    {
        Description = "Rows that run together on one device of the continuous engine. Default: what its memory allows.",
        HelpName = "N",
    };

    private readonly Option<int?> _promptLookup = new("--prompt-lookup")
    {
        Description = "Most tokens that a row alone looks up in itself and in answers before it, and reads at once: steps saved where it "
            + "chooses them. Of the continuous engine; 0 is off. Default: 0.",
        HelpName = "N",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_engine, _devices, _slots, _promptLookup])
            command.Add(option);
    }

    /// <summary>What the user said of the engine; the rest as it is in <paramref name="options"/>.</summary>
    public XlLoraModelOptions Apply(ParseResult parse, XlLoraModelOptions options)
    {
        string[] devices = [.. (parse.GetValue(_devices) ?? []).SelectMany(d => d.Split(',', StringSplitOptions.RemoveEmptyEntries))];
        return options with
        {
            Engine = Parse(parse.GetRequiredValue(_engine)),
            GenAi = new GenAiTextGeneratorFactory(),
            Devices = devices.Length > 0 ? devices : options.Devices,
            Slots = parse.GetValue(_slots) ?? options.Slots,
            PromptLookupTokens = parse.GetValue(_promptLookup) ?? options.PromptLookupTokens,
        };
    }

    /// <summary>As it is written on the command line.</summary>
    public static string Name(TextEngine engine) => engine.ToString().ToLowerInvariant();

    /// <summary>Names only: an enum's number means nothing to a user.</summary>
    private static TextEngine Parse(string name)
    {
        foreach (var engine in Enum.GetValues<TextEngine>())
        {
            if (Name(engine) == name)
                return engine;
        }
        throw new ArgumentException(
            $"There is no engine '{name}'; engines are {string.Join(", ", Enum.GetValues<TextEngine>().Select(Name))}.");
    }
}
