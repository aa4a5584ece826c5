using System.Text.Json;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>One of those that are compared, and what it answered.</summary>
/// <param name="like">Ours that has weights of the same width.</param>
internal sealed class Peer(string name, ExportPrecision like, Func<ScriptProcess> start) : IDisposable
{
    private readonly Dictionary<(string Case, int Round), PeerAnswer> _answers = [];
    private ScriptProcess? _process;

    public string Name { get; } = name;

    public ExportPrecision Like { get; } = like;

    /// <summary>Why it is not in the table; null where it is.</summary>
    public string? Error { get; private set; }

    /// <param name="round">−1 for one that is not counted.</param>
    public void Ask(string name, int round, PeerQuestion question)
    {
        if (Error is not null)
            return;
        try
        {
            _process ??= start();
            var answer = _process.Ask(question).Deserialize<PeerAnswer>(JsonSerializerOptions.Web)!;
            Error = answer.Error;
            if (Error is null && round >= 0)
                _answers[(name, round)] = answer;
        }
#pragma warning disable CA1031 // a program that is not there is a line of the table
        catch (Exception e)
#pragma warning restore CA1031
        {
            Error = e.Message;
        }
    }

    public PeerAnswer? Answer(string name, int round) => _answers.GetValueOrDefault((name, round));

    /// <summary>Tokens a second, by rounds.</summary>
    public Dictionary<int, double> Speeds(string name) => _answers.Where(a => a.Key.Case == name)
        .ToDictionary(a => a.Key.Round, a => a.Value.Tokens.Sum(t => t.Length) / a.Value.Seconds);

    public bool IsSlow(string name, Peer than, double times) =>
        Answer(name, 0) is { } mine && than.Answer(name, 0) is { } other && mine.Seconds > times * other.Seconds;

    public void Dispose() => _process?.Dispose();
}
