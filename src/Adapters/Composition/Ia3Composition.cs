using System.Numerics.Tensors;

namespace XlLoraOnnx.Adapters;

/// <summary>(IA)³: vectors that multiply activations, composed element by element (arXiv 2402.18913, section 3).</summary>
internal static class Ia3Composition
{
    /// <returns>The vector, and its distance from doing nothing, which is a vector of ones.</returns>
    /// <exception cref="CompositionRefusedException">A quotient is not finite.</exception>
    public static (float[] Vector, ComposedModule Report) Compose(
        string module, AdapterRecipe recipe, double? lambda, IReadOnlyDictionary<string, CompositionPart> parts)
    {
        var vectors = parts.ToDictionary(p => p.Key, p => p.Value.ReadDoubles(p.Value.Vectors[module]));
        var composed = recipe.Root.Vector(lambda ?? 0, vectors);
        for (var i = 0; i < composed.Length; i++)
        {
            if (!float.IsFinite((float)composed[i]))
                throw new CompositionRefusedException(
                    [$"'{module}': element {i} would not be finite, because a vector that is divided by is zero (or nearly) there."]);
        }
        var first = vectors[recipe.Names[0]];
        var norm = Norm(composed);
        return (Array.ConvertAll(composed, v => (float)v), new ComposedModule(
            module, 0, norm, norm, Norm(first), TensorPrimitives.Distance<double>(composed, first), null, null, null));
    }

    private static double Norm(double[] vector) => Math.Sqrt(vector.Sum(v => (v - 1) * (v - 1)));
}
