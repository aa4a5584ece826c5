namespace XlLoraOnnx.Runtime;

/// <summary>What the telemetry of a row says about its model.</summary>
/// <param name="Name">Name of its folder.</param>
/// <param name="Sampling">Of rows that say nothing.</param>
/// <param name="EnableSensitiveData">Whether prompts and answers may be told.</param>
internal sealed record TracedModel(string Name, SamplingOptions Sampling, bool EnableSensitiveData);
