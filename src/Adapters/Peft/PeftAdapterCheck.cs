using System.Text.RegularExpressions;

namespace XlLoraOnnx.Adapters;

/// <summary>An adapter's tensors against its configuration and its base: modules, coverage and every reason to refuse.</summary>
internal sealed class PeftAdapterCheck
{
    private const int NamesShown = 3;

    private readonly PeftAdapterConfig _config;
    private readonly ITensorFile _file;
    private readonly Dictionary<string, LoraSlot> _slots;
    private readonly Dictionary<string, TensorCoverage> _coverage = [];
    private readonly Dictionary<string, SafetensorsTensor> _factors = [];
    private readonly SortedSet<string> _prefixes = new(StringComparer.Ordinal);
    // reason → what it applies to, in the order in which they came up
    private readonly Dictionary<string, List<string>> _found = [];

    public PeftAdapterCheck(PeftAdapterConfig config, ITensorFile file, IReadOnlyList<LoraSlot> slots, List<string> reasons)
    {
        _config = config;
        _file = file;
        _slots = slots.ToDictionary(s => s.Name);
        if (config.PeftType != "LORA")
        {
            foreach (var tensor in file.Tensors.Values)
                Cover(tensor, CoverageStatus.Refused, null, $"peft_type is '{config.PeftType}'");
            return;
        }
        foreach (var tensor in file.Tensors.Values)
            Sort(tensor);
        try
        {
            CheckModules(slots, reasons);
        }
        catch (RegexMatchTimeoutException e)
        {
            reasons.Add($"{PeftAdapter.ConfigFile}: the regular expression '{e.Pattern}' takes too long to match.");
        }
        reasons.AddRange(_found.Select(f => $"{f.Key}: {Names(f.Value)}."));
    }

    public List<LoraModule> Modules { get; } = [];

    /// <summary>One row per tensor, in the order of the file.</summary>
    public IReadOnlyList<TensorCoverage> Coverage => [.. _file.Tensors.Keys.Where(_coverage.ContainsKey).Select(name => _coverage[name])];

    /// <summary>Text factor of a module of the base, dropped, or refused.</summary>
    private void Sort(SafetensorsTensor tensor)
    {
        var key = PeftTensorKey.Parse(tensor.Name);
        if (key.Drop is { } why)
        {
            Cover(tensor, CoverageStatus.Dropped, null, why);
            return;
        }
        if (key.Refuse is { } kind)
        {
            Refuse(tensor, kind);
            return;
        }
        _prefixes.Add(key.Prefix!);
        var input = Input(key.Module!, key.IsA);
        if (!_slots.ContainsKey(key.Module!))
            Refuse(tensor, IsBeyond(key.Layer)
                ? $"factors of layers beyond the base, whose last is layer {LastLayer}"
                : "factors of modules that the base does not have");
        else if (!_factors.TryAdd(input, tensor))
            Refuse(tensor, "second factors for a module that has its factors already");
        else
            Cover(tensor, CoverageStatus.Matched, input, null);
    }

    private void CheckModules(IReadOnlyList<LoraSlot> slots, List<string> reasons)
    {
        var prefix = _prefixes.Count > 0 ? _prefixes.Min! : "model.";
        if (_prefixes.Count > 1)
            reasons.Add($"'{_file.Path}' spells module paths in {_prefixes.Count} ways: {string.Join(", ", _prefixes)}.");
        foreach (var slot in slots)
            CheckModule(slot, prefix + slot.Name["model.".Length..]);
        foreach (var other in (string[])["lm_head", prefix + "embed_tokens"])
        {
            if (_config.SelectsByName(other))
                Found("target_modules selects modules that take no adapter here", other);
        }
        if (_factors.Count == 0)
            reasons.Add($"'{_file.Path}': none of its {_file.Tensors.Count} tensors is a LoRA factor of a module of the base: "
                + "the adapter would change nothing.");
    }

    private void CheckModule(LoraSlot slot, string path)
    {
        var selected = _config.Selects(path);
        _factors.TryGetValue(Input(slot.Name, isA: true), out var a);
        _factors.TryGetValue(Input(slot.Name, isA: false), out var b);
        if (a is null && b is null)
        {
            if (selected && _config.HasTarget)
                Found("missing: target_modules promises modules that the file does not hold", slot.Name);
            return;
        }
        if (!selected && _config.HasTarget)
            Found("the file holds modules that target_modules, exclude_modules or layers_to_transform leave out", slot.Name);
        if (b is null)
            Refuse(a!, "lora_A without its lora_B");
        else if (a is null)
            Refuse(b, "lora_B without its lora_A");
        else
            CheckFactors(slot, path, a, b);
    }

    private void CheckFactors(LoraSlot slot, string path, SafetensorsTensor a, SafetensorsTensor b)
    {
        var rank = _config.RankOf(path);
        var fits = Fits(a, [rank, slot.InFeatures], rankAxis: 0) & Fits(b, [slot.OutFeatures, rank], rankAxis: 1);
        if (!fits)
            return;
        if (!IsFinite(a) | !IsFinite(b))
            return;
        Modules.Add(new LoraModule(slot, new LoraFactor(_file, a), new LoraFactor(_file, b), rank, _config.ScaleOf(path)));
    }

    private bool Fits(SafetensorsTensor tensor, long[] expected, int rankAxis)
    {
        if (!FloatConversion.IsSupported(tensor.DType))
            return Refuse(tensor, $"factors of type {tensor.DType}; F32, F16 and BF16 are supported");
        if (tensor.Shape.SequenceEqual(expected))
            return true;
        if (tensor.Shape.Count != 2 || tensor.Shape[1 - rankAxis] != expected[1 - rankAxis])
            return Refuse(tensor, $"factors of shape {tensor.ShapeText} where the base takes [{string.Join(", ", expected)}]");
        return Refuse(tensor, $"factors of rank {tensor.Shape[rankAxis]} where r or rank_pattern says {expected[rankAxis]}");
    }

    private bool IsFinite(SafetensorsTensor tensor) =>
        _file.FirstNonFinite(tensor) is null || Refuse(tensor, "factors with values that are not finite (NaN or infinite)");

    /// <returns>Always false, for the caller to pass on.</returns>
    private bool Refuse(SafetensorsTensor tensor, string reason)
    {
        Cover(tensor, CoverageStatus.Refused, null, reason);
        Found(reason, tensor.Name);
        return false;
    }

    private void Found(string reason, string name)
    {
        if (!_found.TryGetValue(reason, out var names))
            _found.Add(reason, names = []);
        names.Add(name);
    }

    private void Cover(SafetensorsTensor tensor, CoverageStatus status, string? target, string? reason) =>
        _coverage[tensor.Name] = new TensorCoverage(tensor.Name, tensor.Shape, status, target, reason);

    private int LastLayer => _slots.Keys.Max(name => PeftTensorKey.Parse(name + ".lora_A.weight").Layer);

    private bool IsBeyond(int layer) => layer > LastLayer;

    private static string Input(string module, bool isA) => $"{module}.lora_{(isA ? 'A' : 'B')}.weight";

    private static string Names(List<string> names) => names.Count <= NamesShown
        ? string.Join(", ", names)
        : $"{string.Join(", ", names.Take(NamesShown))} and {names.Count - NamesShown} more ({names.Count} in all)";
}
