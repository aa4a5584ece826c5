namespace XlLoraOnnx.Exporter;

/// <summary>What a tensor of a FLARE run belongs to.</summary>
internal enum FlarePart
{
    /// <summary>The model: a weight, a bias, or what a 4-bit weight consists of.</summary>
    Base,
    /// <summary>The factor [r, in] of an adapter.</summary>
    A,
    /// <summary>The factor [out, r] of an adapter.</summary>
    B,
    /// <summary>A matrix or bias of <see cref="FusionFunction.CrossAttention"/>.</summary>
    Attention,
    /// <summary>What is trained for a task beside the adapter: a classifier, a span head, the projection of FLARE-MT.</summary>
    Head,
}

/// <summary>A key of the state dict that FLARE's trainer saves: the whole model, each adapted module wrapped by PEFT.</summary>
/// <param name="Name">Of a base tensor or a head as the model alone calls it; of a factor its module; of a matrix its module and its
/// name.</param>
/// <param name="Adapter">As the adapter is called within the key; null for no factor.</param>
/// <param name="IsWrapped">A base tensor of an adapted module.</param>
internal readonly record struct FlareKey(FlarePart Part, string Name, string? Adapter = null, bool IsWrapped = false)
{
    public const string Model = "encoder.model.";

    /// <summary>Within the name of a matrix of <see cref="FusionFunction.CrossAttention"/>.</summary>
    public const string CrossAttention = ".fuse_cross_attention.";

    private const string Wrapped = ".base_layer.", Weight = ".weight";

    private static readonly string[] Heads = ["classifier.", "qa_outputs."];

    // of FLARE-MT alone, which has no prefix in its keys
    private static readonly string[] Projection = ["proj.weight", "proj.bias"];

    /// <returns>Null for a key that FLARE does not write.</returns>
    public static FlareKey? Parse(string key)
    {
        if (Projection.Contains(key))
            return new FlareKey(FlarePart.Head, key);
        if (!key.StartsWith(Model, StringComparison.Ordinal))
            return null;
        var name = key[Model.Length..];
        if (Factor(name, ".lora_A.", FlarePart.A) is { } a)
            return a;
        if (Factor(name, ".lora_B.", FlarePart.B) is { } b)
            return b;
        if (name.Contains(CrossAttention, StringComparison.Ordinal))
            return new FlareKey(FlarePart.Attention, name);
        if (Heads.Any(h => name.StartsWith(h, StringComparison.Ordinal)))
            return new FlareKey(FlarePart.Head, name);
        var wrapped = name.Contains(Wrapped, StringComparison.Ordinal);
        return new FlareKey(FlarePart.Base, wrapped ? name.Replace(Wrapped, ".", StringComparison.Ordinal) : name, IsWrapped: wrapped);
    }

    /// <summary>A key of a folder that <see cref="FlareFolder"/> writes, whose factors have no adapter in their names.</summary>
    /// <returns>Null for a key that it does not write.</returns>
    public static FlareKey? ParsePeft(string key, string adapter)
    {
        if (Projection.Contains(key))
            return new FlareKey(FlarePart.Head, key);
        if (!key.StartsWith(FlareFolder.Prefix, StringComparison.Ordinal))
            return null;
        var name = key[FlareFolder.Prefix.Length..];
        foreach (var (end, part) in new[] { (".lora_A.weight", FlarePart.A), (".lora_B.weight", FlarePart.B) })
        {
            if (name.EndsWith(end, StringComparison.Ordinal))
                return new FlareKey(part, name[..^end.Length], adapter);
        }
        if (name.Contains(CrossAttention, StringComparison.Ordinal))
            return new FlareKey(FlarePart.Attention, name);
        return new FlareKey(Heads.Any(h => name.StartsWith(h, StringComparison.Ordinal)) ? FlarePart.Head : FlarePart.Base, name);
    }

    /// <summary>Of a base tensor of a module, the module.</summary>
    public static string ModuleOf(string name) => name.LastIndexOf('.') is > 0 and var at ? name[..at] : name;

    // the name of an adapter may hold hyphens, and is everything up to the last ".weight"
    private static FlareKey? Factor(string name, string marker, FlarePart part)
    {
        var at = name.IndexOf(marker, StringComparison.Ordinal);
        return at <= 0 || !name.EndsWith(Weight, StringComparison.Ordinal) || name.Length - Weight.Length <= at + marker.Length
            ? null : new FlareKey(part, name[..at], name[(at + marker.Length)..^Weight.Length]);
    }
}
