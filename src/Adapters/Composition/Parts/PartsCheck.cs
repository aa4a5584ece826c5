namespace XlLoraOnnx.Adapters;

/// <summary>Whether parts fit one another, and the base if it is given.</summary>
internal static class PartsCheck
{
    private const int NamesShown = 3;

    public static void Check(IReadOnlyList<CompositionPart> parts, CompositionOptions options, List<string> reasons)
    {
        var first = parts[0];
        foreach (var part in parts.Skip(1))
        {
            if (part.PeftType != first.PeftType)
                reasons.Add($"{part.Name}: peft_type is {part.PeftType} and that of {first.Name} {first.PeftType}; "
                    + "only adapters of one type can be composed.");
            else
                CheckModules(first, part, options.Mode, reasons);
            if (options.BaseFolder is null && part.BaseModel != first.BaseModel)
                reasons.Add($"{part.Name}: base_model_name_or_path is {Shown(part.BaseModel)} and that of {first.Name} "
                    + $"{Shown(first.BaseModel)}. If both mean the same base, export it and name it with --base MODEL.");
        }
        if (first.PeftType == CompositionPart.Ia3 && options.Mode != CompositionMode.Factor)
            reasons.Add($"{first.Name}: (IA)³ is composed element by element, in mode factor alone; "
                + $"mode {CompositionOptions.Name(options.Mode)} is for LoRA.");
        if (options.BaseFolder is { } folder)
            CheckBase(parts, folder, reasons);
    }

    private static void CheckModules(CompositionPart first, CompositionPart part, CompositionMode mode, List<string> reasons)
    {
        var (ours, theirs) = (Shapes(first), Shapes(part));
        Report("lacks modules of", ours.Keys.Where(m => !theirs.ContainsKey(m)));
        Report("has modules that are not in", theirs.Keys.Where(m => !ours.ContainsKey(m)));
        foreach (var (module, shape) in theirs)
        {
            if (ours.TryGetValue(module, out var other) && other != shape)
                reasons.Add($"{part.Name}: '{module}' is {shape} and {other} in {first.Name}.");
        }
        if (mode is CompositionMode.Exact or CompositionMode.Svd)
            return;
        Report($"has other ranks (which only modes exact and svd can compose) than",
            part.Modules.Values.Where(m => first.Modules.TryGetValue(m.Path, out var other) && other.Rank != m.Rank).Select(m => m.Path));

        void Report(string what, IEnumerable<string> modules)
        {
            if (modules.ToList() is { Count: > 0 } names)
                reasons.Add($"{part.Name}: {what} {first.Name}: {Names(names)}.");
        }
    }

    private static Dictionary<string, string> Shapes(CompositionPart part) => part.PeftType == CompositionPart.Ia3
        ? part.Vectors.ToDictionary(v => v.Key, v => v.Value.ShapeText)
        : part.Modules.Values.ToDictionary(m => m.Path, m => $"[{m.Out} out, {m.In} in]");

    private static void CheckBase(IEnumerable<CompositionPart> parts, string folder, List<string> reasons)
    {
        var slots = ModelManifest.Read(folder).LoraSlots;
        foreach (var part in parts)
        {
            try
            {
                PeftAdapter.Open(part.Folder, slots).Dispose();
            }
            catch (AdapterRefusedException e)
            {
                reasons.AddRange(e.Reasons.Select(r => $"{part.Name}: {r}").Where(r => !reasons.Contains(r)));
            }
        }
    }

    private static string Shown(string? text) => text is null ? "absent" : $"\"{text}\"";

    private static string Names(List<string> names) => names.Count <= NamesShown
        ? string.Join(", ", names)
        : $"{string.Join(", ", names.Take(NamesShown))} and {names.Count - NamesShown} more ({names.Count} in all)";
}
