using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>Options of every command that is a run over a file: which part of it, and how processes share it.</summary>
internal static class RunOptions
{
    public static Option<string?> Split() => new("--split")
    {
        Description = "Which split of an input folder that has several.",
        HelpName = "SPLIT",
    };

    public static Option<string?> Shard() => new("--shard")
    {
        Description = "Take only this part of the rows, such as 3/16 for the fourth of 16. Default: share all rows with whoever else runs "
            + "this.",
        HelpName = "I/N",
    };

    public static Option<double> LeaseTimeout() => new("--lease-timeout")
    {
        Description = "Seconds without a sign of life after which the rows of a process on another machine are taken over.",
        HelpName = "S",
        DefaultValueFactory = _ => 30,
    };
}
