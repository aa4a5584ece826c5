using System.CommandLine;
using XlLoraOnnx.Cli;

return await XlLoraCommand.Create().Parse(args).InvokeAsync(new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,
    // On Ctrl+C the batch that runs is given up, what is done is written, and the exit code is 130.
    ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
}).ConfigureAwait(false);
