using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>The options of every verb that loads an encoder.</summary>
/// <param name="required">Whether the verb does nothing without a model.</param>
internal sealed class EmbedderOptions(bool required)
{
    public Option<string?> Model { get; } = new("--model", "-m")
    {
        Description = "An exported encoder folder.",
        HelpName = "MODEL",
        Required = required,
    };

    private readonly Option<string?> _adapter = new("--adapter")
    {
        Description = "An adapter of the folder, for encoders made of a decoder.",
        HelpName = "NAME",
    };

    private readonly Option<int?> _maxLength = new("--max-length")
    {
        Description = "Longer texts are cut to this many tokens. Default: what the folder says.",
        HelpName = "N",
    };

    private readonly Option<int> _tokens = new("--batch-tokens")
    {
        Description = "Most tokens of one batch, padding included.",
        HelpName = "N",
        DefaultValueFactory = _ => new EmbeddingOptions().TokensPerBatch,
    };

    private readonly Option<string[]> _devices = new("--devices")
    {
        Description = "Where to run: cpu, cuda:0, … Batches go to whichever is free. Default: cpu.",
        HelpName = "DEVICE,…",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _cache = new("--cache")
    {
        Description = "Folder of vectors that were computed before; new ones are added. Default: none.",
        HelpName = "DIR",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Model, _adapter, _maxLength, _tokens, _devices, _cache])
            command.Add(option);
    }

    /// <summary>The folder, and how one with adapters of FLARE is loaded with the same options; it must have been given.</summary>
    public (string Folder, FusionOptions Options) Fusion(ParseResult parse, string task)
    {
        var defaults = new FusionOptions();
        return (parse.GetRequiredValue(Model)!, defaults with
        {
            Adapter = AdapterNames.Parse(parse.GetValue(_adapter)),
            Task = task,
            MaxLength = parse.GetValue(_maxLength),
            TokensPerBatch = parse.GetResult(_tokens) is { Implicit: false } ? parse.GetValue(_tokens) : defaults.TokensPerBatch,
            Device = parse.GetValue(_devices) switch
            {
                null or [] => defaults.Device,
                [var device] => device,
                var several => throw new ArgumentException(
                    $"--devices names {string.Join(", ", several)}; rows of {task} are predicted on one. Name one."),
            },
        });
    }

    /// <summary>The model must have been given.</summary>
    /// <param name="modelName">What results are filed under; null for the name of the folder.</param>
    /// <param name="prompt">Before every text; null for what the model says.</param>
    /// <param name="promptName">One of the model's prompts, in its place.</param>
    public TextEmbedder Load(ParseResult parse, string? modelName = null, string? prompt = null, string? promptName = null)
    {
        var defaults = new EmbeddingOptions();
        string[] devices = [.. (parse.GetValue(_devices) ?? []).SelectMany(d => d.Split(',', StringSplitOptions.RemoveEmptyEntries))];
        return TextEmbedder.Load(parse.GetRequiredValue(Model)!, defaults with
        {
            Adapter = AdapterNames.Parse(parse.GetValue(_adapter)),
            MaxSequenceLength = parse.GetValue(_maxLength),
            TokensPerBatch = parse.GetValue(_tokens),
            Devices = devices.Length > 0 ? devices : defaults.Devices,
            Cache = parse.GetValue(_cache),
            ModelName = modelName,
            Prompt = prompt,
            PromptName = promptName,
        });
    }
}
