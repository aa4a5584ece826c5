using System.Diagnostics;

namespace XlLoraOnnx.Runtime;

/// <summary>Starts and ends the spans of the library's own source, and finds those of a caller that tell of the same call.</summary>
internal static class GenAiSpan
{
    /// <summary>A span below the current one, which stays current: calls run side by side, and return to their callers between.</summary>
    /// <returns>Null where nobody listens, or the span is not sampled.</returns>
    public static Activity? Start(string operation, string model, string? adapter)
    {
        if (!GenAiInstruments.Source.HasListeners())
            return null;
        var current = Activity.Current;
        var tags = new ActivityTagsCollection
        {
            [GenAiAttributes.OperationName] = operation,
            [GenAiAttributes.ProviderName] = XlLoraTelemetry.ProviderName,
            [GenAiAttributes.RequestModel] = model,
        };
        if (adapter is not null)
            tags.Add(XlLoraTelemetry.AdapterAttribute, adapter);
        // the conventions allow internal for a model in the same process
        var span = GenAiInstruments.Source.StartActivity(
            $"{operation} {model}", ActivityKind.Internal, parentContext: default, tags);
        Activity.Current = current;
        return span;
    }

    public static void Stop(Activity? span)
    {
        if (span is null)
            return;
        // Stop makes the span's predecessor current, on whichever thread the row ended
        var current = Activity.Current;
        span.Stop();
        Activity.Current = current;
    }

    /// <summary>The span of a caller that tells of a call of this model already, as <c>UseOpenTelemetry()</c> of Microsoft.Extensions.AI
    /// makes them; null if there is none.</summary>
    public static Activity? OfCaller(string operation, string model)
    {
        for (var span = Activity.Current; span is not null; span = span.Parent)
        {
            if (span.GetTagItem(GenAiAttributes.OperationName) is not string name || span.Source == GenAiInstruments.Source)
                continue;
            // a tool that asks a model makes a call of its own
            if (name == GenAiAttributes.ExecuteTool)
                return null;
            if (name == operation
                && span.GetTagItem(GenAiAttributes.ProviderName) is XlLoraTelemetry.ProviderName
                && span.GetTagItem(GenAiAttributes.RequestModel) as string == model)
                return span;
        }
        return null;
    }
}
