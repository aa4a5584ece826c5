namespace Findings;

/// <summary>Prints what was seen, and counts what is no longer as the header of the script says.</summary>
static class Seen
{
    static bool _changed;

    /// <summary>The exit code of the script.</summary>
    public static int ExitCode => _changed ? 1 : 0;

    public static void That(string what, object seen, string recorded)
    {
        var text = FormattableString.Invariant($"{seen}");
        Print(what, text, text == recorded, recorded);
    }

    /// <summary>For figures that differ from machine to machine: the limits are far wider than what was seen.</summary>
    public static void Between(string what, double seen, double least, double most) =>
        Print(what, FormattableString.Invariant($"{seen:F2}"), seen >= least && seen <= most,
            FormattableString.Invariant($"{least} to {most}"));

    /// <summary>The message of the error that the call ends in, or what it returned.</summary>
    public static object Outcome(Func<object> call)
    {
        try { return call(); }
        catch (Exception e) { return e.Message.ReplaceLineEndings(" ").Trim(); }
    }

    static void Print(string what, string seen, bool same, string recorded)
    {
        _changed |= !same;
        Console.WriteLine($"{what}: {seen}{(same ? "" : $"    CHANGED, recorded: {recorded}")}");
    }
}
