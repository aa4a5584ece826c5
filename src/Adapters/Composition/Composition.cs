namespace XlLoraOnnx.Adapters;

/// <summary>Checked parts on their way into one folder.</summary>
internal sealed class Composition(
    AdapterRecipe recipe, double? lambda, CompositionOptions options, IReadOnlyDictionary<string, CompositionPart> parts,
    IReadOnlyDictionary<string, string> hashes)
{
    private const string Prefix = "base_model.model.";

    private readonly IReadOnlyDictionary<string, double> _factors = recipe.Factors(lambda);

    private CompositionPart First => parts[recipe.Names[0]];

    private bool IsIa3 => First.PeftType == CompositionPart.Ia3;

    /// <exception cref="CompositionRefusedException">A value would not be finite.</exception>
    public CompositionReport Write(string output, CancellationToken cancellationToken)
    {
        using var folder = new CompositionFolder(output);
        var modules = new List<ComposedModule>();
        var sha256 = folder.WriteWeights(stream =>
        {
            var writer = new SafetensorsWriter(
                stream, Tensors(), new Dictionary<string, string> { ["format"] = "pt", ["recipe"] = recipe.Text });
            foreach (var module in IsIa3 ? First.Vectors.Keys : (IEnumerable<string>)First.Modules.Keys)
            {
                cancellationToken.ThrowIfCancellationRequested();
                modules.Add(IsIa3 ? WriteVector(writer, module) : WriteFactors(writer, module));
            }
        });
        var report = new CompositionReport
        {
            Folder = output,
            Recipe = recipe.Text,
            Lambda = lambda,
            Mode = options.Mode,
            PeftType = First.PeftType,
            Parts = [.. parts.Values.Select(p => new ComposedPart(
                p.Name, p.Folder, IsIa3 ? null : _factors[p.Name], hashes[p.Name], p.ConfigSha256))],
            Modules = modules,
            Sha256 = sha256,
        };
        folder.WriteSettings(CompositionSettings.Of(First, options.Mode, First.Modules.Keys.Select(m => (m, RankOf(m)))));
        folder.WriteRecord(CompositionRecord.Of(report, options));
        folder.Finish();
        return report;
    }

    private List<(string, IReadOnlyList<long>)> Tensors()
    {
        var tensors = new List<(string, IReadOnlyList<long>)>();
        tensors.AddRange(First.Vectors.Select(v => (VectorName(v.Key), v.Value.Shape)));
        foreach (var (path, module) in First.Modules)
        {
            tensors.Add((FactorName(path, 'A'), [RankOf(path), module.In]));
            tensors.Add((FactorName(path, 'B'), [module.Out, RankOf(path)]));
        }
        return tensors;
    }

    private ComposedModule WriteVector(SafetensorsWriter writer, string module)
    {
        var (vector, report) = Ia3Composition.Compose(module, recipe, lambda, parts);
        writer.Write(VectorName(module), vector);
        return report;
    }

    private ComposedModule WriteFactors(SafetensorsWriter writer, string module)
    {
        ModuleTerm[] terms = [.. parts.Values.Select(p => ModuleTerm.Read(p, p.Modules[module], _factors[p.Name]))];
        var composed = options.Mode switch
        {
            CompositionMode.Factor => FactorSums.Separately(terms),
            CompositionMode.Exact => FactorSums.SideBySide(terms),
            CompositionMode.Svd => Truncation.Cut(FactorSums.SideBySide(terms), options.Rank!.Value),
            _ => Pruning.Merge(module, terms, options),
        };
        var b = ModuleTerm.Transposed(composed.B, composed.Rank, First.Modules[module].Out);
        writer.Write(FactorName(module, 'A'), Narrowed(composed.A, module));
        writer.Write(FactorName(module, 'B'), Narrowed(b, module));
        return ModuleGeometry.Of(module, terms, composed, options.Mode);
    }

    /// <summary>Of the result, as the mode makes it.</summary>
    private int RankOf(string module)
    {
        var exact = parts.Values.Where(p => _factors[p.Name] != 0).Sum(p => p.Modules[module].Rank);
        return options.Mode switch
        {
            CompositionMode.Exact => exact,
            CompositionMode.Svd => Truncation.RankOf(
                options.Rank!.Value, exact, First.Modules[module].Out, First.Modules[module].In),
            _ => First.Modules[module].Rank,
        };
    }

    private float[] Narrowed(double[] values, string module)
    {
        var narrowed = Array.ConvertAll(values, v => (float)v);
        return Array.TrueForAll(narrowed, float.IsFinite) ? narrowed : throw new CompositionRefusedException(
            [$"'{module}': a value would not be finite in float32; the numbers of the recipe '{recipe}' are too large for its factors."]);
    }

    private static string FactorName(string module, char factor) => $"{Prefix}{module}.lora_{factor}.weight";

    private static string VectorName(string module) => $"{Prefix}{module}.ia3_l";
}
