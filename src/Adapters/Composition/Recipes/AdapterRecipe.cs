using System.Globalization;

namespace XlLoraOnnx.Adapters;

/// <summary>
/// A sum of adapters with factors: <c>task + 0.5 * (hausa - english)</c>. Names, numbers, <c>+ - *</c> and parentheses; <c>lambda</c>
/// stands for a number that is given when adapters are composed.
/// </summary>
public sealed class AdapterRecipe
{
    /// <summary>The name that stands for a number.</summary>
    public const string Lambda = "lambda";

    private AdapterRecipe(string text, RecipeNode root)
    {
        Text = text;
        Root = root;
        Names = [.. root.Names().Distinct()];
        HasLambda = root.HasLambda;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>The adapters, in the order in which they are first named.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether a number has to be given for <see cref="Lambda"/>.</summary>
    public bool HasLambda { get; }

    internal RecipeNode Root { get; }

    /// <summary>Reads a recipe.</summary>
    /// <exception cref="ArgumentException">It is none; with the position of what is wrong.</exception>
    public static AdapterRecipe Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new AdapterRecipe(text, new RecipeParser(text).Parse());
    }

    /// <summary>The factor of every adapter, all of its occurrences together.</summary>
    /// <param name="lambda">The number that <see cref="Lambda"/> stands for; null where the recipe does not have it.</param>
    /// <returns>Name → factor, in the order of <see cref="Names"/>; factors may be 0.</returns>
    /// <exception cref="ArgumentException">The recipe has <see cref="Lambda"/> and no number is given, or the other way round.</exception>
    public IReadOnlyDictionary<string, double> Factors(double? lambda = null)
    {
        CheckLambda(lambda);
        var factors = new OrderedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var name in Names)
            factors.Add(name, 0);
        Root.AddFactors(1, lambda ?? 0, factors);
        return factors;
    }

    internal void CheckLambda(double? lambda)
    {
        if (HasLambda && lambda is null)
            throw new ArgumentException($"The recipe '{Text}' has '{Lambda}', and no number was given for it. Give one: --lambda 0.5");
        if (!HasLambda && lambda is not null)
            throw new ArgumentException($"A number was given for '{Lambda}' and the recipe '{Text}' does not have it. "
                + $"Write it where the number belongs: task + {Lambda} * (hausa - english)");
        if (lambda is { } value && !double.IsFinite(value))
            throw new ArgumentException($"{Lambda} is {value.ToString(CultureInfo.InvariantCulture)}; it must be a finite number.");
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
