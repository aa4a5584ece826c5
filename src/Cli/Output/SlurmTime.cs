using System.Globalization;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Cli;

/// <summary>A time limit as sbatch takes it.</summary>
/// <param name="Text">As it was given.</param>
internal sealed partial record SlurmTime(string Text, TimeSpan Limit)
{
    /// <exception cref="ArgumentException">It is none.</exception>
    public static SlurmTime Parse(string text)
    {
        var match = Pattern().Match(text);
        if (!match.Success)
            throw new ArgumentException($"--time is '{text}'; Slurm takes MINUTES, MINUTES:SECONDS, HOURS:MINUTES:SECONDS, DAYS-HOURS, "
                + "DAYS-HOURS:MINUTES and DAYS-HOURS:MINUTES:SECONDS, such as 04:00:00.");
        int Of(string group) => match.Groups[group].Success ? int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : 0;
        var limit = new TimeSpan(Of("days"), Of("hours"), Of("minutes"), Of("seconds"));
        return limit > TimeSpan.Zero ? new SlurmTime(text, limit)
            : throw new ArgumentException($"--time is '{text}', which is no time at all. Leave it out for the limit of the partition.");
    }

    /// <summary>How long before its end a task is told of it: a fifth of a short time.</summary>
    public TimeSpan Notice(TimeSpan usual) => Limit / 5 < usual ? Limit / 5 : usual;

    // sbatch(1), --time
    [GeneratedRegex(
        @"\A(?:(?<days>\d{1,4})-(?<hours>\d{1,4})(?::(?<minutes>\d{1,6})(?::(?<seconds>\d{1,6}))?)?"
        + @"|(?<hours>\d{1,4}):(?<minutes>\d{1,6}):(?<seconds>\d{1,6})|(?<minutes>\d{1,6})(?::(?<seconds>\d{1,6}))?)\z")]
    private static partial Regex Pattern();
}
