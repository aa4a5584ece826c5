namespace XlLoraOnnx.Runtime;

/// <summary>Options checked against a model, with nothing left open.</summary>
internal static class BenchmarkPlan
{
    private static readonly int[] DefaultBatchSizes = [1, 2, 4, 8, 16, 32];

    /// <exception cref="ArgumentException">An option is out of range, or there is no such adapter.</exception>
    public static GenerationBenchmarkOptions Of(XlLoraModel model, GenerationBenchmarkOptions options)
    {
        var most = model.Generator.PreferredBatchSize;
        var sizes = options.BatchSizes ?? [.. DefaultBatchSizes.Where(s => s <= most)];
        if (sizes.Count == 0)
            throw new ArgumentException("There is no batch size to measure.", nameof(options));
        foreach (var size in sizes)
            Require(size >= 1 && size <= most, $"The batch size is {size}; the model was loaded for 1 to {most} rows.");
        Require(options.Runs >= 1, $"Runs is {options.Runs}; it must be at least 1.");
        Require(options.NewTokens >= 1, $"New tokens are {options.NewTokens}; there must be at least 1.");
        Require(options.PromptTokens >= 1, $"Prompt tokens are {options.PromptTokens}; there must be at least 1.");
        Require(options.SharedTokens >= 0 && options.SharedTokens <= options.PromptTokens,
            $"Shared tokens are {options.SharedTokens}; they must be 0 to the {options.PromptTokens} of the prompt.");
        var context = model.Info.ContextLength;
        Require((long)options.PromptTokens + options.NewTokens <= context,
            $"Prompt and answer have {options.PromptTokens} + {options.NewTokens} tokens; the model folder serves {context} together.");
        var adapters = options.Adapters ?? [.. model.Generator.Adapters.Take(2)];
        Require(adapters.Count <= 2, $"There are {adapters.Count} adapters; two are mixed at most.");
        if (adapters.FirstOrDefault(a => !model.Generator.Adapters.Contains(a)) is { } unknown)
            throw new ArgumentException(
                $"The model folder '{model.Info.Folder}' has no adapter named '{unknown}'; it has: "
                + $"{(model.Generator.Adapters.Count == 0 ? "none" : string.Join(", ", model.Generator.Adapters))}.", nameof(options));
        if (adapters is [var one, var other])
            Require(one != other, $"The adapter '{one}' is given twice.");
        if (options.Roofline && model.Folder.Manifest.Decoder?.Translation is not null)
            throw new NotSupportedException(
                $"'{model.Info.Folder}' translates: it reads texts with an encoder first, and no roofline is known for that.");
        if (options.Roofline && model.Folder.Manifest.LoraDtype != "fp32")
            throw new NotSupportedException($"'{model.Info.Folder}' was exported in {model.Info.Precision}, for CUDA; the roofline is "
                + "measured on the CPU alone.");
        return options with { BatchSizes = [.. sizes.Distinct().Order()], Adapters = adapters };

        static void Require(bool allowed, FormattableString message)
        {
            if (!allowed)
                throw new ArgumentException(FormattableString.Invariant(message), nameof(options));
        }
    }
}
