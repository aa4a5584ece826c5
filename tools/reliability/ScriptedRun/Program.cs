using System.CommandLine;
using System.Diagnostics;
using XlLoraOnnx.Synthesis.PostgreSQL;
using XlLoraOnnx.Synthesis.PostgreSQL.Tests;
using XlLoraOnnx.Synthesis.Tests;

// A process that works on a run folder as `xllora-onnx synthesize` does, with a generator that needs no model, so that it can be killed
// hundreds of times in a minute, also by itself at a point of its own choice.
var input = new Argument<string>("INPUT");
var output = new Argument<string>("RUN");
var delay = new Option<double>("--delay") { Description = "Milliseconds of a step." };
var batch = new Option<int>("--batch") { Description = "Answers of a step.", DefaultValueFactory = _ => 8 };
var dieAt = new Option<long>("--die-at") { Description = "Die at the N-th point where files are touched; 0 for never." };
var log = new Option<string?>("--log")
{
    Description = "File that gets a byte for each answer that is generated; the process id is added to its name.",
};
var attempts = new Option<int>("--max-attempts") { DefaultValueFactory = _ => 2 };
var lease = new Option<double>("--lease-timeout") { Description = "Seconds.", DefaultValueFactory = _ => 30 };
var translate = new Option<bool>("--translate") { Description = "Translate the texts into two languages, instead of making triplets." };
var database = new Option<string?>("--database") { Description = "Address of the run in PostgreSQL; RUN gets the outputs alone." };
var flush = new Option<int?>("--bytes-per-flush") { Description = "Of the journal; few cut its records anywhere." };
var patience = new Option<double>("--patience") { Description = "Seconds to wait for a database.", DefaultValueFactory = _ => 120 };
var command = new RootCommand("Works on a run folder with a scripted generator.") { input, output, delay, batch, dieAt, log, attempts,
    lease, translate, database, patience, flush };
var port = new Argument<int>("PORT");
var proxy = new Command("proxy", "Passes connections on to a port of this machine, and breaks all for each line it reads.") { port };
proxy.SetAction(async (parse, _) =>
{
    await using var breaking = new BreakingProxy(parse.GetValue(port));
    Console.Out.WriteLine(breaking.Port);
    while (Console.In.ReadLine() is not null)
        breaking.BreakAll();
});
command.Subcommands.Add(proxy);
command.SetAction(async (parse, cancellationToken) =>
{
    RunFaults.BytesPerFlush = parse.GetValue(flush) ?? RunFaults.BytesPerFlush;
    long points = 0;
    if (parse.GetValue(dieAt) is > 0 and var last)
        RunFaults.At = (_, _) =>
        {
            if (Interlocked.Increment(ref points) == last)
                Process.GetCurrentProcess().Kill();
        };
    using var made = parse.GetValue(log) is { } path ? new FileStream($"{path}.{Environment.ProcessId}", FileMode.Append,
        FileAccess.Write, FileShare.Read, 0) : null;
    using var generator = ScriptedSource.Generator(made, parse.GetValue(batch), TimeSpan.FromMilliseconds(parse.GetValue(delay)),
        keepsCalls: false);
    await using var shared = parse.GetValue(database) is { } address
        ? await PostgreSqlRun.OpenAsync(PostgreSqlRunAddress.Parse(address), TimeSpan.FromSeconds(parse.GetValue(patience)),
            cancellationToken: cancellationToken).ConfigureAwait(false) : null;
    var translation = new TranslationJobOptions
    {
        Input = parse.GetRequiredValue(input),
        Output = parse.GetRequiredValue(output),
        SourceLanguage = "eng_Latn",
        TargetLanguages = ["hau_Latn", "hin_Deva"],
        Pairs = new TranslationPairs()
            .With(LanguagePair.Parse("eng_Latn-hau_Latn"), "pos").With(LanguagePair.Parse("eng_Latn-hin_Deva"), "neg"),
        LeaseTimeout = TimeSpan.FromSeconds(parse.GetValue(lease)),
    };
    var job = parse.GetValue(translate) ? translation.ToJob(SamplingOptions.Greedy, "greedy") : new SynthesisJobOptions
    {
        Input = parse.GetRequiredValue(input),
        Output = parse.GetRequiredValue(output),
        Synthesis = ScriptedSource.Options with { MaxAttempts = parse.GetValue(attempts) },
        LeaseTimeout = TimeSpan.FromSeconds(parse.GetValue(lease)),
        Backend = shared?.Backend,
    };
    var report = await new SynthesisRun(ScriptedSource.Of(generator), job).RunAsync(cancellationToken).ConfigureAwait(false);
    Console.Out.WriteLine($"complete {report.IsComplete}, rows {report.Rows}, own {report.OwnRows}, triplets {report.Triplets}, "
        + $"opened again {report.Reopened}, points {points}, seconds {report.Elapsed.TotalSeconds:0.00}, writing {report.WritingTime.TotalSeconds:0.00}, "
        + $"processor {Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds:0.00}, "
        + $"collector {GC.GetTotalPauseDuration().TotalSeconds:0.00}, allocated MB {GC.GetTotalAllocatedBytes() / 1_000_000}, "
        + $"peak MB {Process.GetCurrentProcess().PeakWorkingSet64 / 1_000_000}");
    return report.IsComplete ? 0 : 4;
});
try
{
    return await command.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false })
        .ConfigureAwait(false);
}
catch (Exception e) when (e is IOException or InvalidDataException)
{
    // as the command line does
    Console.Error.WriteLine($"error: {e.Message}");
    return 1;
}
