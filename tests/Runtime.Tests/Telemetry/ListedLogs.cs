using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Tests;

/// <summary>A logger factory that keeps what is logged.</summary>
internal sealed class ListedLogs(LogLevel least = LogLevel.Trace) : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(int Id, LogLevel Level, string Text)> _entries = [];

    public IReadOnlyList<(int Id, LogLevel Level, string Text)> Entries => [.. _entries];

    public IReadOnlyList<string> Categories { get; private set; } = [];

    public ILogger CreateLogger(string categoryName)
    {
        Categories = [.. Categories, categoryName];
        return this;
    }

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _entries.Enqueue((eventId.Id, logLevel, formatter(state, exception)));

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
