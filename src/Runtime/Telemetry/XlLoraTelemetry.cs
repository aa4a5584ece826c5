namespace XlLoraOnnx.Runtime;

/// <summary>Names that the library's traces and metrics have; they follow OpenTelemetry's semantic conventions for generative AI.</summary>
/// <remarks>
/// A row of a model has a span <c>chat MODEL</c> (<c>text_completion MODEL</c> for token ids), a call of an embedder a span
/// <c>embeddings MODEL</c>. Both count in <c>gen_ai.client.token.usage</c> and <c>gen_ai.client.operation.duration</c>, and rows in
/// <c>gen_ai.server.request.duration</c>, <c>gen_ai.server.time_to_first_token</c> and <c>gen_ai.server.time_per_output_token</c> too.
/// Durations begin when the row is handed over, so that they include its time in the queue. The conventions are in development, and these
/// names change with them.
/// <para>
/// <c>UseOpenTelemetry()</c> of Microsoft.Extensions.AI tells of the same calls under names of its own
/// (<c>Experimental.Microsoft.Extensions.AI</c>). Both may be collected: a call inside its span has no second one, and its span gets the
/// <see cref="AdapterAttribute"/>. A client whose builder (that of <c>AddXlLoraChatClient</c> or <see cref="XlLoraChatClient.AsBuilder"/>,
/// and the same of embedding generators) has <c>UseOpenTelemetry()</c> leaves <c>gen_ai.client.*</c> to it. Where it is put around a client
/// in another way, and its spans are not recorded, both meters count a call; collect one of them.
/// </para>
/// </remarks>
public static class XlLoraTelemetry
{
    /// <summary>Name of the <see cref="System.Diagnostics.ActivitySource"/>, for OpenTelemetry's <c>AddSource</c>.</summary>
    public const string ActivitySourceName = "XlLoraOnnx";

    /// <summary>Name of the <see cref="System.Diagnostics.Metrics.Meter"/>, for OpenTelemetry's <c>AddMeter</c>.</summary>
    public const string MeterName = "XlLoraOnnx";

    /// <summary>Value of <c>gen_ai.provider.name</c>.</summary>
    public const string ProviderName = "xllora-onnx";

    /// <summary>Attribute with the name of the LoRA adapter; it is not there for the base model.</summary>
    public const string AdapterAttribute = "xllora.adapter";
}
