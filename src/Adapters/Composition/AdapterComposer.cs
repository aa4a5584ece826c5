using System.Globalization;

namespace XlLoraOnnx.Adapters;

/// <summary>Adds and subtracts PEFT adapters: the result is a PEFT folder again, with a record of how it was made.</summary>
/// <remarks>One module is in memory at a time, whatever the size of the adapters.</remarks>
public static class AdapterComposer
{
    /// <summary>Composes adapters as a recipe says.</summary>
    /// <param name="recipe">For example <c>task + 0.5 * (hausa - english)</c>.</param>
    /// <param name="parts">Name in the recipe → PEFT folder (LoRA, or (IA)³ in mode factor).</param>
    /// <param name="output">A folder that does not exist or is empty; it appears when it is complete.</param>
    /// <param name="options">Null: as AdaMergeX published it.</param>
    /// <param name="lambda">What <c>lambda</c> in the recipe stands for.</param>
    /// <exception cref="ArgumentException">Recipe, names and options do not go together.</exception>
    /// <exception cref="CompositionRefusedException">The parts do not fit one another; with all reasons.</exception>
    /// <exception cref="InvalidDataException">A file of a part is malformed.</exception>
    public static CompositionReport Compose(
        AdapterRecipe recipe, IReadOnlyDictionary<string, string> parts, string output, CompositionOptions? options = null,
        double? lambda = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentException.ThrowIfNullOrEmpty(output);
        recipe.CheckLambda(lambda);
        return ComposeAll(recipe, parts, [(lambda, output)], options ?? new CompositionOptions(), cancellationToken)[0];
    }

    /// <summary>Composes the same adapters once for each number that <c>lambda</c> stands for.</summary>
    /// <param name="output">Gets a folder <c>lambda-0.5</c> for each number; with one number it is itself the result.</param>
    /// <param name="lambdas">At least one, none twice.</param>
    /// <returns>In the order of <paramref name="lambdas"/>.</returns>
    /// <inheritdoc cref="Compose"/>
    public static IReadOnlyList<CompositionReport> Sweep(
        AdapterRecipe recipe, IReadOnlyDictionary<string, string> parts, string output, IReadOnlyList<double> lambdas,
        CompositionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentException.ThrowIfNullOrEmpty(output);
        ArgumentNullException.ThrowIfNull(lambdas);
        if (lambdas.Count == 0 || lambdas.Distinct().Count() < lambdas.Count)
            throw new ArgumentException("A sweep needs at least one number for lambda, and none twice.", nameof(lambdas));
        foreach (var lambda in lambdas)
            recipe.CheckLambda(lambda);
        var outputs = lambdas.Select(lambda => ((double?)lambda, lambdas.Count == 1 ? output
            : Path.Combine(output, $"lambda-{lambda.ToString(CultureInfo.InvariantCulture)}"))).ToArray();
        return ComposeAll(recipe, parts, outputs, options ?? new CompositionOptions(), cancellationToken);
    }

    private static List<CompositionReport> ComposeAll(
        AdapterRecipe recipe, IReadOnlyDictionary<string, string> parts, IReadOnlyList<(double? Lambda, string Output)> outputs,
        CompositionOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(parts);
        options.Check();
        CheckNames(recipe, parts);
        foreach (var (lambda, output) in outputs)
        {
            CompositionFolder.CheckFree(output);
            CheckNotZero(recipe, lambda);
        }
        var opened = new OrderedDictionary<string, CompositionPart>();
        try
        {
            var reasons = new List<string>();
            foreach (var name in recipe.Names)
                opened.Add(name, new CompositionPart(name, parts[name], reasons));
            PartsCheck.Check([.. opened.Values], options, reasons);
            if (reasons.Count > 0)
                throw new CompositionRefusedException(reasons);
            var hashes = opened.Values.ToDictionary(p => p.Name, p => p.WeightsSha256());
            return [.. outputs.Select(o =>
                new Composition(recipe, o.Lambda, options, opened, hashes).Write(o.Output, cancellationToken))];
        }
        finally
        {
            foreach (var part in opened.Values)
                part.Dispose();
        }
    }

    private static void CheckNames(AdapterRecipe recipe, IReadOnlyDictionary<string, string> parts)
    {
        var given = parts.Count == 0 ? "none was given" : $"given are {string.Join(", ", parts.Keys)}";
        var missing = recipe.Names.Where(name => !parts.ContainsKey(name)).ToArray();
        if (missing.Length > 0)
            throw new ArgumentException($"The recipe '{recipe}' names {string.Join(", ", missing)}; {given}. "
                + $"Say where it lies: {missing[0]}=DIR");
        var unused = parts.Keys.Where(name => !recipe.Names.Contains(name)).ToArray();
        if (unused.Length > 0)
            throw new ArgumentException($"{string.Join(", ", unused)}: given, and not in the recipe '{recipe}', "
                + $"which names {string.Join(", ", recipe.Names)}.");
    }

    private static void CheckNotZero(AdapterRecipe recipe, double? lambda)
    {
        var factors = recipe.Factors(lambda);
        if (factors.Values.All(f => f == 0))
            throw new ArgumentException($"The recipe '{recipe}' takes every adapter 0 times: the result would change nothing.");
        if (factors.FirstOrDefault(f => !double.IsFinite(f.Value)) is { Key: { } name })
            throw new ArgumentException($"The recipe '{recipe}' takes '{name}' infinitely often: its numbers are too large.");
    }
}
