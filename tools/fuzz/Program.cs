using System.CommandLine;
using System.Diagnostics;
using XlLoraOnnx.Exporter.Tests;

var count = new Option<int>("--count") { Description = "Inputs, shared among all readers.", DefaultValueFactory = _ => 200_000 };
var seed = new Option<int>("--seed") { Description = "The same seed gives the same inputs.", DefaultValueFactory = _ => 1 };
var first = new Option<int>("--first") { Description = "Number of the first input that is read: a finding alone, with --count one more." };
var only = new Option<string?>("--target") { Description = "One reader by name." };
var command = new RootCommand("Damages valid files and reads them: only the documented exceptions may come out, soon.");
command.Options.Add(count);
command.Options.Add(seed);
command.Options.Add(first);
command.Options.Add(only);
command.SetAction(arguments =>
    Run(arguments.GetValue(count), arguments.GetValue(seed), arguments.GetValue(first), arguments.GetValue(only)));
return command.Parse(args).Invoke();

static int Run(int count, int seed, int first, string? only)
{
    using var targets = new FuzzTargets();
    var chosen = targets.All.Where(t => only is null || t.Name == only).ToArray();
    if (chosen.Length == 0)
    {
        Console.Error.WriteLine($"No reader is named '{only}': {string.Join(", ", targets.All.Select(t => t.Name))}.");
        return 2;
    }
    var run = new FuzzRun(chosen, seed);
    var (current, since) = (-1, Stopwatch.GetTimestamp());
    using var watch = new Timer(_ =>
    {
        // a hang cannot be interrupted; it can be named
        if (current >= 0 && Stopwatch.GetElapsedTime(since) > 2 * FuzzRun.MaxTime)
            Environment.FailFast($"Input {current} of seed {seed} ({chosen[current % chosen.Length].Name}) hangs.");
    }, null, FuzzRun.MaxTime, FuzzRun.MaxTime);

    var started = Stopwatch.GetTimestamp();
    run.Run(count, i => (current, since) = (i, Stopwatch.GetTimestamp()), first);
    current = -1;

    foreach (var (name, (read, refused)) in run.Counts)
        Console.WriteLine($"{name,-20} {read,8:N0} read   {refused,8:N0} refused");
    var inputs = run.Counts.Values.Sum(c => c.Read + c.Refused);
    Console.WriteLine($"{inputs:N0} inputs in {Stopwatch.GetElapsedTime(started).TotalSeconds:N0} s; "
        + $"longest {run.LongestTime.TotalMilliseconds:N0} ms; "
        + $"most memory {run.PeakAllocatedBytes:N0} bytes; {run.Findings.Count} findings");
    run.Findings.ForEach(Console.WriteLine);
    return run.Findings.Count == 0 ? 0 : 1;
}
