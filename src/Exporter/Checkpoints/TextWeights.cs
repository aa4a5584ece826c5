using System.Collections.Concurrent;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// The tensors of the text model under their canonical names (<c>model.layers.0.…</c>, <c>lm_head.weight</c>), whatever prefix the
/// checkpoint gives them. A family takes what it needs, for as many graphs as it builds; afterwards every tensor of the checkpoint is
/// matched, dropped with a reason, or the export is refused.
/// </summary>
internal sealed class TextWeights
{
    private static readonly string[] TextPrefixes =
        ["language_model.model.", "model.language_model.", "model.", "roberta.", "bert.", "distilbert."];
    // of checkpoints that were saved without their head
    private static readonly string[] BareNames =
        ["embeddings.", "encoder.", "transformer.", "pooler.", "layers.", "final_norm.", "embed_tokens.", "norm."];
    private static readonly string[] VisionPrefixes = ["vision_tower.", "multi_modal_projector."];

    private readonly string _folder;
    private readonly Dictionary<string, (ITensorFile File, SafetensorsTensor Tensor)> _byName = [];
    private readonly Dictionary<string, TensorCoverage> _coverage = [];
    private readonly List<string> _missing = [];
    private readonly ConcurrentDictionary<string, byte[]> _hashes = [];
    private readonly Dictionary<string, TakenTensor> _taken = [];

    public TextWeights(string folder, CheckpointFiles checkpoint)
    {
        _folder = folder;
        foreach (var (file, tensor) in checkpoint.Tensors)
        {
            if (IsVision(tensor.Name))
            {
                _coverage.Add(tensor.Name, Row(tensor, CoverageStatus.Dropped, null, "vision part: text inference does not use it"));
                continue;
            }
            var name = Canonical(tensor.Name);
            if (!_byName.TryAdd(name, (file, tensor)))
                throw new InvalidDataException(
                    $"'{folder}' holds '{name}' twice: as '{_byName[name].Tensor.Name}' and as '{tensor.Name}'.");
            _coverage.Add(tensor.Name, Row(tensor, CoverageStatus.Refused, null, "unknown to this model family"));
        }
    }

    /// <summary>One row per tensor, in the order of the checkpoint.</summary>
    public IReadOnlyList<TensorCoverage> Coverage => [.. _coverage.Values];

    /// <summary>Each once, in the order of the graph.</summary>
    public IEnumerable<TakenTensor> Taken => _taken.Values;

    /// <summary>Canonical name → SHA-256 of the bytes as stored; for whoever reads the tensors anyway. Thread-safe.</summary>
    public ConcurrentDictionary<string, byte[]> Hashes => _hashes;

    public long Parameters => _taken.Values.Sum(t => t.Tensor.ElementCount);

    /// <summary>Takes a tensor for a graph initializer; it is written in order, <paramref name="addend"/> added to every element.</summary>
    public TensorSource Take(string name, string target, ReadOnlySpan<long> shape, float addend = 0) =>
        TakeRows(name, [target], shape).InOrder(addend);

    /// <summary>Takes [out, in], to be written as [in, out].</summary>
    public TensorSource TakeTransposed(string name, string target, ReadOnlySpan<long> shape) =>
        TakeRows(name, [target], shape).Transposed();

    /// <summary>
    /// Takes a tensor for initializers whose bytes the caller makes of its rows. It may be taken several times; it is fingerprinted once.
    /// </summary>
    /// <returns>Only to be read after <see cref="Verify"/>: a missing tensor has its shape and no bytes.</returns>
    public CheckpointTensor TakeRows(string name, ReadOnlySpan<string> targets, ReadOnlySpan<long> shape)
    {
        if (!_byName.TryGetValue(name, out var found))
        {
            if (!_missing.Contains(name))
                _missing.Add(name);
            return new CheckpointTensor(null, new SafetensorsTensor(name, "F32", shape.ToArray(), 0, 0));
        }
        var (file, source) = found;
        if (!shape.SequenceEqual([.. source.Shape]))
            throw new InvalidDataException(
                $"'{file.Path}': tensor '{source.Name}' has shape {source.ShapeText}; "
                + $"config.json makes it [{string.Join(", ", shape.ToArray())}].");
        if (!FloatConversion.IsSupported(source.DType))
            throw new NotSupportedException(
                $"'{file.Path}': tensor '{source.Name}' has type {source.DType}; F32, F16 and BF16 can be exported. "
                + "Export the checkpoint that has not been quantised.");
        var earlier = _coverage[source.Name].Target;
        var all = (earlier?.Split(", ") ?? []).Union(targets.ToArray());
        _coverage[source.Name] = Row(source, CoverageStatus.Matched, string.Join(", ", all), null);
        if (!_taken.TryGetValue(name, out var taken))
            _taken.Add(name, taken = new TakenTensor(name, targets[0], new CheckpointTensor(file, source)));
        return taken.Tensor;
    }

    /// <summary>Whether the checkpoint holds a tensor of this name.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>Whether two tensors that are there hold the same numbers, whatever their types; read until they differ, not at all
    /// where they lie at the same place.</summary>
    public bool AreEqual(string first, string second)
    {
        var (a, b) = (_byName[first], _byName[second]);
        return FloatConversion.IsSupported(a.Tensor.DType) && FloatConversion.IsSupported(b.Tensor.DType)
            && new CheckpointTensor(a.File, a.Tensor).HasNumbersOf(new CheckpointTensor(b.File, b.Tensor));
    }

    /// <summary>Leaves out every tensor whose name begins so, with a reason.</summary>
    public void DropAll(string prefix, string reason)
    {
        foreach (var name in _byName.Keys.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)))
            Drop(name, reason);
    }

    /// <summary>From now on a taken tensor is read with this added.</summary>
    public void Merge(string name, LoraDelta delta) => _taken[name].Tensor.Delta = delta;

    /// <summary>Leaves a tensor out with a reason, if it is there.</summary>
    public void Drop(string name, string reason)
    {
        if (_byName.TryGetValue(name, out var found))
            _coverage[found.Tensor.Name] = Row(found.Tensor, CoverageStatus.Dropped, null, reason);
    }

    /// <summary>After the last <c>Take</c>: nothing missing, nothing left over.</summary>
    public void Verify()
    {
        if (_missing.Count > 0)
            throw new InvalidDataException($"'{_folder}' lacks {_missing.Count} tensors of the model: {string.Join(", ", _missing)}.");
        var unknown = _coverage.Values.Where(r => r.Status == CoverageStatus.Refused).Select(r => r.Tensor).ToArray();
        if (unknown.Length > 0)
            throw new NotSupportedException(
                $"'{_folder}' holds {unknown.Length} tensors that this model family does not know, so that an export would leave a part of "
                + $"the model out: {string.Join(", ", unknown)}.");
    }

    /// <summary>Reads every taken tensor whose hash is not known yet.</summary>
    public string Fingerprint(CancellationToken cancellationToken = default)
    {
        Parallel.ForEach(_taken.Where(t => !_hashes.ContainsKey(t.Key)), new ParallelOptions { CancellationToken = cancellationToken },
            t => _hashes[t.Key] = t.Value.Tensor.Sha256(cancellationToken));
        return BaseFingerprints.Of(_taken.Values.Select(t => (t.Name, t.Tensor.DType, t.Tensor.Shape, _hashes[t.Name])));
    }

    /// <summary>As all families spell it, whatever the prefix of the checkpoint.</summary>
    public static string Canonical(string name)
    {
        // the names of TensorFlow, in the oldest BERT checkpoints
        if (name.EndsWith(".LayerNorm.gamma", StringComparison.Ordinal))
            name = name[..^"gamma".Length] + "weight";
        else if (name.EndsWith(".LayerNorm.beta", StringComparison.Ordinal))
            name = name[..^"beta".Length] + "bias";
        if (name == "language_model.lm_head.weight")
            return "lm_head.weight";
        if (BareNames.Any(p => name.StartsWith(p, StringComparison.Ordinal)))
            return "model." + name;
        var prefix = TextPrefixes.FirstOrDefault(p => name.StartsWith(p, StringComparison.Ordinal));
        return prefix is null ? name : "model." + name[prefix.Length..];
    }

    private static TensorCoverage Row(SafetensorsTensor tensor, CoverageStatus status, string? target, string? reason) =>
        new(tensor.Name, tensor.Shape, status, target, reason);

    private static bool IsVision(string name)
    {
        var text = name.StartsWith("model.", StringComparison.Ordinal) ? name[6..] : name;
        return VisionPrefixes.Any(p => text.StartsWith(p, StringComparison.Ordinal));
    }
}

/// <param name="Name">Canonical.</param>
/// <param name="FirstTarget">The first initializer that is made of it.</param>
internal sealed record TakenTensor(string Name, string FirstTarget, CheckpointTensor Tensor);
