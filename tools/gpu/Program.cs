using XlLoraOnnx.GpuCheck;

CheckOptions options;
try
{
    options = CheckOptions.Parse(args);
}
catch (Exception e) when (e is ArgumentException or FormatException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
using var log = new CheckLog(options);
using var work = new Workplace(options);
if (((string[])["placement", "parity", "genai", "mixed", "refill", "graphs"]).Any(log.Wants))
    new GoldenChecks(options, log, work).Run();
if (options.Only.Count == 0 || options.Only.Any(o => o.StartsWith("speed", StringComparison.Ordinal)))
    new SpeedChecks(options, log, work).Run();
if (log.Wants("peer"))
    new PeerCheck(options, log, work).Run();
log.Summarize();
return log.Failed ? 1 : 0;
