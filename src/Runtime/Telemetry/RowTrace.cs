using System.Diagnostics;

namespace XlLoraOnnx.Runtime;

/// <summary>The span and the numbers of one row, from when it is handed over to its end. Ends once.</summary>
internal sealed class RowTrace
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TracedModel _model;
    private readonly string _operation;
    private readonly string? _adapter;
    private readonly bool _callerMeasures;
    private readonly Activity? _span;
    private int _ended;

    private RowTrace(TracedModel model, GenerationRequest request, RowProgress progress, bool callerMeasures)
    {
        (_model, _adapter, Progress) = (model, request.Adapter, progress);
        _operation = request.PromptTokens is null ? GenAiAttributes.Chat : GenAiAttributes.TextCompletion;
        var caller = GenAiSpan.OfCaller(_operation, model.Name);
        _callerMeasures = callerMeasures || caller is not null;
        if (caller is not null && _adapter is not null)
            caller.SetTag(XlLoraTelemetry.AdapterAttribute, _adapter);
        if (caller is null && GenAiSpan.Start(_operation, model.Name, _adapter) is { } span)
            Describe(_span = span, request);
    }

    public RowProgress Progress { get; }

    /// <summary>Begins now.</summary>
    /// <param name="callerMeasures">Whether whoever calls counts this in <c>gen_ai.client.*</c>.</param>
    /// <returns>Null where nobody listens.</returns>
    public static RowTrace? Begin(TracedModel model, GenerationRequest request, RowProgress progress, bool callerMeasures = false) =>
        GenAiInstruments.AreObserved ? new RowTrace(model, request, progress, callerMeasures) : null;

    /// <summary>What only a chat client knows of the request.</summary>
    /// <param name="seed">Null where the client drew one.</param>
    public void Describe(string responseId, IReadOnlyList<string> stopSequences, long? seed)
    {
        _span?.SetTag(GenAiAttributes.ResponseId, responseId);
        if (stopSequences.Count > 0)
            _span?.SetTag(GenAiAttributes.RequestStopSequences, stopSequences.ToArray());
        _span?.SetTag(GenAiAttributes.RequestSeed, seed);
    }

    public void End(GenerationResult result)
    {
        if (result.FinishReason == FinishReason.Rejected)
            End(result.RejectionKind?.ToString() ?? "_OTHER", result.Error);
        else
            End(result.FinishReason, result.PromptTokenCount, result.TokenCount, result.Text);
    }

    public void End(FinishReason reason, int? promptTokens, int? tokens, string text)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        var name = reason == FinishReason.Length ? "length" : "stop";
        _span?.SetTag(GenAiAttributes.ResponseFinishReasons, new[] { name });
        if (_span is { IsAllDataRequested: true } && _model.EnableSensitiveData)
            _span.SetTag(GenAiAttributes.OutputMessages, GenAiMessages.OfAnswer(text, name));
        Use(promptTokens, tokens);
        var tags = Tags(null);
        Measure(tags);
        if (Progress.FirstTokenAt is { } first)
        {
            GenAiInstruments.TimeToFirstToken.Record(Stopwatch.GetElapsedTime(_started, first).TotalSeconds, tags);
            if (tokens is > 1 and var all)
                GenAiInstruments.TimePerOutputToken.Record(Stopwatch.GetElapsedTime(first).TotalSeconds / (all - 1), tags);
        }
        GenAiSpan.Stop(_span);
    }

    /// <summary>The call ended, and the row with it.</summary>
    /// <param name="error">Null for a caller who left.</param>
    public void Fail(Exception? error) => End((error?.GetType() ?? typeof(OperationCanceledException)).FullName!, error?.Message);

    private void End(string errorType, string? message)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        if (Progress.Tokens > 0)
            Use(Progress.PromptTokens, Progress.Tokens);
        _span?.SetTag(GenAiAttributes.ErrorType, errorType)
            .SetStatus(ActivityStatusCode.Error, _model.EnableSensitiveData ? message : null);
        Measure(Tags(errorType));
        GenAiSpan.Stop(_span);
    }

    private void Describe(Activity span, GenerationRequest request)
    {
        if (!span.IsAllDataRequested)
            return;
        var sampling = request.Sampling ?? _model.Sampling;
        span.SetTag(GenAiAttributes.RequestMaxTokens, request.MaxNewTokens);
        // greedy is what other providers call temperature 0
        span.SetTag(GenAiAttributes.RequestTemperature, sampling.DoSample ? (double)sampling.Temperature : 0.0);
        if (sampling is { DoSample: true, TopP: < 1 })
            span.SetTag(GenAiAttributes.RequestTopP, (double)sampling.TopP);
        if (sampling is { DoSample: true, TopK: > 0 })
            span.SetTag(GenAiAttributes.RequestTopK, (double)sampling.TopK);
        if (request.Sampling is { DoSample: true })
            span.SetTag(GenAiAttributes.RequestSeed, sampling.Seed);
        span.SetTag(GenAiAttributes.ResponseModel, _model.Name);
        if (_model.EnableSensitiveData && GenAiMessages.OfPrompt(request) is { } messages)
            span.SetTag(GenAiAttributes.InputMessages, messages);
    }

    private void Use(int? promptTokens, int? tokens)
    {
        if (promptTokens is { } input)
        {
            _span?.SetTag(GenAiAttributes.InputTokens, input);
            Count("input", input);
        }
        if (tokens is { } output)
        {
            _span?.SetTag(GenAiAttributes.OutputTokens, output);
            Count("output", output);
        }
    }

    private void Count(string type, int tokens)
    {
        if (_callerMeasures || !GenAiInstruments.TokenUsage.Enabled)
            return;
        var tags = Tags(null);
        tags.Add(GenAiAttributes.TokenType, type);
        GenAiInstruments.TokenUsage.Record(tokens, tags);
    }

    private void Measure(in TagList tags)
    {
        var seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        if (!_callerMeasures)
            GenAiInstruments.OperationDuration.Record(seconds, tags);
        GenAiInstruments.RequestDuration.Record(seconds, tags);
    }

    private TagList Tags(string? errorType) => GenAiInstruments.Tags(_operation, _model.Name, _adapter, errorType);
}
