using System.Diagnostics;

namespace XlLoraOnnx.Cli;

/// <summary>
/// How far something is, on standard error, so that standard output holds results only: one line that is rewritten on a terminal, a line now
/// and then elsewhere. Not thread-safe.
/// </summary>
/// <param name="onTerminal">How long a line stays at least.</param>
/// <param name="elsewhere">The same where it is not rewritten.</param>
internal sealed class ProgressLine(TimeSpan onTerminal, TimeSpan elsewhere)
{
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private long? _last;
    private bool _isOpen;

    /// <summary>Whether it is time for another one. The first is due at once, unless <see cref="Wait"/> was called.</summary>
    public bool IsDue => _last is not { } last || Stopwatch.GetElapsedTime(last) >= (_terminal ? onTerminal : elsewhere);

    /// <summary>The next one is due when a line would have stayed long enough.</summary>
    public ProgressLine Wait()
    {
        _last = Stopwatch.GetTimestamp();
        return this;
    }

    public void Write(string text)
    {
        Wait();
        if (_terminal)
            Console.Error.Write($"\r\u001b[K{text}");
        else
            Console.Error.WriteLine(text);
        _isOpen = _terminal;
    }

    /// <summary>A line that stays, in place of the one that is there.</summary>
    public void WriteLine(string text)
    {
        Console.Error.WriteLine(_isOpen ? $"\r\u001b[K{text}" : text);
        _isOpen = false;
    }

    /// <summary>The line that is there stays.</summary>
    public void End()
    {
        if (_isOpen)
            Console.Error.WriteLine();
        _isOpen = false;
    }

    /// <summary>The line that is there goes.</summary>
    public void Clear()
    {
        if (_isOpen)
            Console.Error.Write("\r\u001b[K");
        _isOpen = false;
    }
}
