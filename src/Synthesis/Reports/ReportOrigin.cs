namespace XlLoraOnnx.Synthesis;

/// <summary>The model that answered.</summary>
internal sealed record ReportModel(string Name, string Family, string Precision, string BaseFingerprint);

/// <summary>The adapter mounted for a side.</summary>
internal sealed record ReportAdapter(string Name, string Fingerprint);

/// <summary>How one column was made.</summary>
/// <param name="Prompt">The template in full, placeholders included.</param>
/// <param name="Adapter">Null: the base model alone.</param>
internal sealed record ReportSide(string Prompt, string PromptHash, ReportAdapter? Adapter = null);

/// <summary>One setting by name.</summary>
internal sealed record ReportFact(string Name, string Value);

/// <summary>Where it ran.</summary>
/// <param name="Why">Why this engine, for a person.</param>
internal sealed record ReportDevice(string Name, string Engine, string Why);
