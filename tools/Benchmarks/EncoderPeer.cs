using System.Text.Json;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>One of those that are compared, and what it answered.</summary>
/// <param name="like">Ours that has weights of the same width.</param>
/// <param name="batches">To choose from; 0 for who makes batches of its own.</param>
internal sealed class EncoderPeer(string name, ExportPrecision like, int[] batches, Func<ScriptProcess> start) : IDisposable
{
    private ScriptProcess? _process;

    public string Name { get; } = name;

    public ExportPrecision Like { get; } = like;

    /// <summary>Why it is not in the table; null where it is.</summary>
    public string? Error { get; private set; }

    public int Batch { get; private set; } = batches[0];

    /// <summary>Texts a second, by rounds.</summary>
    public List<double> Speeds { get; } = [];

    public float[][] Vectors { get; private set; } = [];

    public long PeakBytes { get; private set; }

    /// <summary>The fastest of two tries each.</summary>
    public void ChooseBatch(string[] texts) => Batch = batches.MinBy(batch =>
        Math.Min(Ask(texts, batch)?.Seconds ?? 0, Ask(texts, batch)?.Seconds ?? 0));

    public void Ask(string[] texts)
    {
        if (Ask(texts, Batch) is not { } answer)
            return;
        Speeds.Add(texts.Length / answer.Seconds);
        (Vectors, PeakBytes) = (answer.Vectors, answer.PeakBytes);
    }

    public void Dispose() => _process?.Dispose();

    private EncoderAnswer? Ask(string[] texts, int batch)
    {
        if (Error is not null)
            return null;
        try
        {
            _process ??= start();
            var answer = _process.Ask(new EncoderQuestion(texts, batch)).Deserialize<EncoderAnswer>(JsonSerializerOptions.Web)!;
            Error = answer.Error;
            return Error is null ? answer : null;
        }
#pragma warning disable CA1031 // a program that is not there is a line of the table
        catch (Exception e)
#pragma warning restore CA1031
        {
            Error = e.Message;
            return null;
        }
    }
}
