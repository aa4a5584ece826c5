using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>How a folder with an adapter of FLARE is loaded, for every verb that asks it for classes or answers.</summary>
/// <param name="required">Whether the verb does nothing without a model.</param>
internal sealed class FusionChoices(bool required)
{
    public Option<string?> Model { get; } = new("--model", "-m")
    {
        Description = "A folder that export made of a FLARE run.",
        HelpName = "MODEL",
        Required = required,
    };

    public Option<string?> Adapter { get; } = new("--adapter")
    {
        Description = "An adapter of the folder. Default: the first.",
        HelpName = "NAME",
    };

    private readonly Option<int?> _maxLength = new("--max-length")
    {
        Description = "Longer texts are cut to this many tokens, in each language. Default: what the run was trained with, else 128.",
        HelpName = "N",
    };

    private readonly Option<FusionPadding> _padding = new("--padding")
    {
        Description = "masked: padding changes nothing. released: rows are padded to the length of training, and padding is fused as "
            + "FLARE's released code does it.",
        HelpName = "masked|released",
        DefaultValueFactory = _ => FusionPadding.Masked,
    };

    private readonly Option<FusionSchedule> _schedule = new("--schedule")
    {
        Description = "Of models that write answers, which state of the source goes into which token: stepwise, or released as in FLARE's "
            + "code.",
        HelpName = "stepwise|released",
        DefaultValueFactory = _ => FusionSchedule.Stepwise,
    };

    private readonly Option<int?> _maxNewTokens = new("--max-new-tokens")
    {
        Description = "Of models that write answers: most tokens of one. Default: 100, or what the longest label has.",
        HelpName = "N",
    };

    private readonly Option<string?> _translationEncoder = new("--translation-encoder")
    {
        Description = "Of adapters of FLARE-MT: the exported translation model whose encoder reads the text.",
        HelpName = "MODEL",
    };

    private readonly Option<string?> _textLanguage = new("--text-language")
    {
        Description = "Language of the texts, as the translation model names it, such as hau_Latn.",
        HelpName = "CODE",
    };

    private readonly Option<int> _tokens = new("--batch-tokens")
    {
        Description = "Most tokens of one batch, padding included.",
        HelpName = "N",
        DefaultValueFactory = _ => new FusionOptions().TokensPerBatch,
    };

    private readonly Option<string> _device = new("--device")
    {
        Description = "Where to run: cpu, cuda:0, …",
        HelpName = "DEVICE",
        DefaultValueFactory = _ => new FusionOptions().Device,
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Model, Adapter, _maxLength, _padding, _schedule, _maxNewTokens, _translationEncoder,
            _textLanguage, _tokens, _device])
            command.Add(option);
    }

    public string? TextLanguage(ParseResult parse) => parse.GetValue(_textLanguage);

    /// <param name="task">How texts are laid out; null for what the folder says.</param>
    public FusionOptions Options(ParseResult parse, string? task) => new()
    {
        Adapter = parse.GetValue(Adapter),
        Task = task,
        MaxLength = parse.GetValue(_maxLength),
        Padding = parse.GetValue(_padding),
        Schedule = parse.GetValue(_schedule),
        MaxNewTokens = parse.GetValue(_maxNewTokens),
        TranslationModel = parse.GetValue(_translationEncoder),
        TextLanguage = parse.GetValue(_textLanguage),
        TokensPerBatch = parse.GetValue(_tokens),
        Device = parse.GetValue(_device)!,
    };
}
