namespace XlLoraOnnx.Training;

/// <summary>The factors of LoRA (arXiv 2106.09685) as graphs of the exporter take them: A [in, r] and B [r, out], which PEFT has
/// transposed.</summary>
internal static class LoraParameters
{
    public const string A = ".lora_A.weight";
    public const string B = ".lora_B.weight";

    /// <summary>The modules that get factors.</summary>
    /// <param name="slots">Linear modules of the model.</param>
    /// <param name="targets">As PEFT takes <c>target_modules</c>: names, or their ends from a dot on; null for all.</param>
    /// <exception cref="ArgumentException">A name means no module.</exception>
    public static IReadOnlyList<LoraSlot> Select(IReadOnlyList<LoraSlot> slots, IReadOnlyList<string>? targets)
    {
        if (targets is null)
            return slots;
        var unknown = targets.Where(t => !slots.Any(s => IsMeant(s, t))).ToArray();
        if (unknown.Length > 0)
            throw new ArgumentException($"The model has no linear module named {string.Join(", ", unknown)}; it has "
                + $"{string.Join(", ", slots.Select(LastName).Distinct())}.", nameof(targets));
        return [.. slots.Where(s => targets.Any(t => IsMeant(s, t)))];
    }

    /// <summary>As PEFT initialises them: A is uniform within ± 1 / √in (<c>kaiming_uniform_</c> with a = √5), B is zero.</summary>
    /// <remarks>The numbers of a module are a function of the seed and its name, whatever other modules there are.</remarks>
    /// <returns>A and B of each module, to be disposed by the caller.</returns>
    public static IReadOnlyList<Parameter> Create(IReadOnlyList<LoraSlot> slots, int rank, long seed)
    {
        var parameters = new List<Parameter>(2 * slots.Count);
        foreach (var slot in slots)
        {
            var a = new Parameter(slot.Name + A, [slot.InFeatures, rank]);
            var b = new Parameter(slot.Name + B, [rank, slot.OutFeatures]);
            InitialValues.Uniform(a.Values, 1 / Math.Sqrt(slot.InFeatures), seed, InitialValues.StreamOf(slot.Name));
            b.Values.Clear();
            parameters.AddRange([a, b]);
        }
        return parameters;
    }

    // PEFT, check_target_module_exists
    private static bool IsMeant(LoraSlot slot, string target) =>
        slot.Name == target || slot.Name.EndsWith("." + target, StringComparison.Ordinal);

    public static string LastName(LoraSlot slot) => slot.Name[(slot.Name.LastIndexOf('.') + 1)..];
}
