using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>How adapters are composed.</summary>
internal sealed class CompositionChoices
{
    private static readonly Dictionary<string, CompositionMode> Modes =
        Enum.GetValues<CompositionMode>().ToDictionary(CompositionOptions.Name);

    private readonly Option<string> _mode = new("--mode")
    {
        Description = "factor: A and B separately, as AdaMergeX published it. exact: the sum of the changes, ranks add up. "
            + "svd: that cut to --rank. ties, dare_linear, dare_ties: as PEFT does them.",
        HelpName = "MODE",
        DefaultValueFactory = _ => "factor",
    };

    private readonly Option<int?> _rank = new("--rank") { Description = "For svd: the rank of the result.", HelpName = "R" };

    private readonly Option<double?> _density = new("--density")
    {
        Description = "For ties and dare: the share of the elements that are kept, above 0 and at most 1.",
        HelpName = "SHARE",
    };

    private readonly Option<MajoritySign> _sign = new("--majority-sign")
    {
        Description = "For ties and dare_ties: the sign of the sum, or the one that more adapters have.",
        HelpName = "total|frequency",
    };

    private readonly Option<ulong> _seed = new("--seed")
    {
        Description = "For dare: which elements are dropped.",
        HelpName = "N",
        DefaultValueFactory = _ => new CompositionOptions().Seed,
    };

    public CompositionChoices() => _mode.AcceptOnlyFromAmong([.. Modes.Keys]);

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_mode, _rank, _density, _sign, _seed])
            command.Add(option);
    }

    public CompositionOptions Read(ParseResult parse) => new()
    {
        Mode = Modes[parse.GetRequiredValue(_mode)],
        Rank = parse.GetValue(_rank),
        Density = parse.GetValue(_density),
        MajoritySign = parse.GetValue(_sign),
        Seed = parse.GetValue(_seed),
    };
}
