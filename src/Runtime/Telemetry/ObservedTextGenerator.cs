using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Runtime;

/// <summary>A generator whose rows are traced and counted, where somebody listens, and whose rejected rows are logged.</summary>
internal sealed class ObservedTextGenerator(ITextGenerator inner, TracedModel model, ILogger logger) : ITextGenerator
{
    private const string Withheld = "(The reason may quote the prompt; EnableSensitiveData shows it.)";

    public int PreferredBatchSize => inner.PreferredBatchSize;

    public GenerationStatistics Statistics => inner.Statistics;

    public IReadOnlyCollection<string> Adapters => inner.Adapters;

    public IAsyncEnumerable<GenerationResult> GenerateAsync(
        IReadOnlyList<GenerationRequest> requests, CancellationToken cancellationToken = default) =>
        GenAiInstruments.AreObserved || logger.IsEnabled(LogLevel.Information)
            ? ObserveAsync(requests, cancellationToken)
            : inner.GenerateAsync(requests, cancellationToken);

    public void AddAdapter(string name, string path) => inner.AddAdapter(name, path);

    public void RemoveAdapter(string name) => inner.RemoveAdapter(name);

    public void Dispose() => inner.Dispose();

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async IAsyncEnumerable<GenerationResult> ObserveAsync(
        IReadOnlyList<GenerationRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var traces = new Dictionary<long, RowTrace>();
        var traced = GenAiInstruments.AreObserved ? Begin(requests, traces) : requests;
        Exception? error = null;
        var results = inner.GenerateAsync(traced, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                try
                {
                    if (!await results.MoveNextAsync().ConfigureAwait(false))
                        break;
                }
                catch (Exception e)
                {
                    error = e;
                    throw;
                }
                var result = results.Current;
                if (result.FinishReason == FinishReason.Rejected)
                    Log(result);
                if (traces.Remove(result.RowId, out var trace))
                    trace.End(result);
                yield return result;
            }
        }
        finally
        {
            await results.DisposeAsync().ConfigureAwait(false);
            foreach (var trace in traces.Values)
                trace.Fail(error);
        }
    }

    /// <summary>Rows that nobody follows yet; a chat client follows its own.</summary>
    private GenerationRequest[] Begin(IReadOnlyList<GenerationRequest> requests, Dictionary<long, RowTrace> traces)
    {
        var traced = new GenerationRequest[requests.Count];
        for (var i = 0; i < traced.Length; i++)
        {
            traced[i] = requests[i];
            if (requests[i].Progress is not null || traces.ContainsKey(requests[i].RowId))
                continue;
            var progress = new RowProgress();
            if (RowTrace.Begin(model, requests[i], progress) is not { } trace)
                continue;
            traces.Add(requests[i].RowId, trace);
            traced[i] = requests[i] with { Progress = progress };
        }
        return traced;
    }

    /// <summary>Why a request is wrong may be said by its chat template, or by the code that listens to the row.</summary>
    private void Log(GenerationResult result) => logger.RowRejected(
        result.RejectionKind == RejectionKind.Failed ? LogLevel.Warning : LogLevel.Information,
        result.RowId, model.Name, result.Adapter ?? "none", result.RejectionKind,
        result.RejectionKind == RejectionKind.Invalid && !model.EnableSensitiveData ? Withheld : result.Error ?? "");
}
