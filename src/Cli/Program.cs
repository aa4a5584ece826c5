using System.CommandLine;
using XlLoraOnnx.Cli;

return await XlLoraCommand.Create().Parse(args).InvokeAsync(new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,
    // On Ctrl+C what is done is written, and the exit code is 130; synthesize waits for the rows that run, which may take minutes.
    ProcessTerminationTimeout = TimeSpan.FromMinutes(10),
}).ConfigureAwait(false);
