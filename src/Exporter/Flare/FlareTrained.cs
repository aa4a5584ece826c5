namespace XlLoraOnnx.Exporter;

/// <summary>What a run of FLARE has trained, wherever it was read from: factors, matrices of cross-attention, heads.</summary>
internal sealed record FlareTrained(FlareRun Run, FlareSettings Settings, IReadOnlyDictionary<string, FlareTensor> Head)
{
    /// <summary>One that sees no source and has no head is what PEFT makes.</summary>
    public bool IsPlainLora => Settings.Source == FlareSource.None && Head.Count == 0;

    /// <summary>By their names in the base model without an adapter, in the order of the run.</summary>
    public IEnumerable<(string Name, FlareTensor Tensor)> Tensors
    {
        get
        {
            foreach (var (name, module) in Run.Modules)
            {
                yield return (name + ".lora_A.weight", module.A!);
                yield return (name + ".lora_B.weight", module.B!);
                foreach (var (part, tensor) in module.Attention)
                    yield return (name + FlareKey.CrossAttention + part, tensor);
            }
            foreach (var (name, tensor) in Head)
                yield return (name, tensor);
        }
    }

    public FlareAdapterFacts ToFacts() => new()
    {
        Task = Settings.Task,
        JoinsTexts = Settings.JoinsTexts,
        MaxLength = Settings.MaxLength,
        SourceLanguage = Settings.SourceLanguage,
        TargetLanguage = Settings.TargetLanguage,
    };
}
