using System.Runtime.InteropServices;

namespace XlLoraOnnx.Cli;

/// <summary>Ctrl+C in two steps: the first press ends in good order, the second at once.</summary>
internal sealed class Interruptions : IDisposable
{
    private readonly CancellationTokenSource _abandon = new();
    private readonly PosixSignalRegistration _second;
    private readonly CancellationTokenRegistration _first;
    private int _presses;

    /// <param name="first">Cancelled by the first press, and by SIGTERM.</param>
    public Interruptions(CancellationToken first)
    {
        Finish = first;
        _first = first.Register(() => Console.Error.WriteLine(
            "\nfinishing the rows that run; press Ctrl+C again to leave them (they will be made anew)"));
        _second = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            if (Interlocked.Increment(ref _presses) > 1)
                _abandon.Cancel();
            context.Cancel = true;
        });
    }

    public CancellationToken Finish { get; }

    public CancellationToken Abandon => _abandon.Token;

    public void Dispose()
    {
        _second.Dispose();
        _first.Dispose();
        _abandon.Dispose();
    }
}
