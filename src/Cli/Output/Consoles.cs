using Spectre.Console;

namespace XlLoraOnnx.Cli;

/// <summary>Standard output for results; wide enough for tables when it goes into a file or a pipe.</summary>
internal static class Consoles
{
    private const int PipeWidth = 160;

    public static IAnsiConsole Output { get; } = Create();

    private static IAnsiConsole Create()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
            console.Profile.Width = PipeWidth;
        return console;
    }
}
