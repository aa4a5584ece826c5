using System.Diagnostics;

namespace XlLoraOnnx.Runtime;

/// <summary>The span and the numbers of one call of an embedder.</summary>
internal sealed class EmbeddingTrace
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly string _model;
    private readonly string? _adapter;
    private readonly bool _callerMeasures;
    private readonly Activity? _span;

    private EmbeddingTrace(string model, string? adapter, int dimension, bool callerMeasures)
    {
        (_model, _adapter) = (model, adapter);
        var caller = GenAiSpan.OfCaller(GenAiAttributes.Embeddings, model);
        _callerMeasures = callerMeasures || caller is not null;
        if (caller is not null && adapter is not null)
            caller.SetTag(XlLoraTelemetry.AdapterAttribute, adapter);
        if (caller is null)
            _span = GenAiSpan.Start(GenAiAttributes.Embeddings, model, adapter);
        _span?.SetTag(GenAiAttributes.EmbeddingsDimensionCount, dimension).SetTag(GenAiAttributes.ResponseModel, model);
    }

    /// <param name="callerMeasures">Whether whoever calls counts this in <c>gen_ai.client.*</c>.</param>
    /// <returns>Null where nobody listens.</returns>
    public static EmbeddingTrace? Begin(string model, string? adapter, int dimension, bool callerMeasures) =>
        GenAiInstruments.AreObserved ? new EmbeddingTrace(model, adapter, dimension, callerMeasures) : null;

    /// <param name="tokens">That the encoder read.</param>
    public void End(long tokens)
    {
        _span?.SetTag(GenAiAttributes.InputTokens, tokens);
        if (!_callerMeasures)
        {
            var tags = GenAiInstruments.Tags(GenAiAttributes.Embeddings, _model, _adapter, errorType: null);
            GenAiInstruments.OperationDuration.Record(Stopwatch.GetElapsedTime(_started).TotalSeconds, tags);
            tags.Add(GenAiAttributes.TokenType, "input");
            GenAiInstruments.TokenUsage.Record(tokens, tags);
        }
        GenAiSpan.Stop(_span);
    }

    /// <summary>Without the error's message, which may quote a text.</summary>
    public void Fail(Exception error)
    {
        var type = error.GetType().FullName!;
        _span?.SetTag(GenAiAttributes.ErrorType, type).SetStatus(ActivityStatusCode.Error);
        if (!_callerMeasures)
            GenAiInstruments.OperationDuration.Record(Stopwatch.GetElapsedTime(_started).TotalSeconds,
                GenAiInstruments.Tags(GenAiAttributes.Embeddings, _model, _adapter, type));
        GenAiSpan.Stop(_span);
    }
}
