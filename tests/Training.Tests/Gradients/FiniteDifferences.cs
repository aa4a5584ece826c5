using System.Globalization;

namespace XlLoraOnnx.Training.Tests;

/// <summary>Gradients against central differences in double precision.</summary>
internal static class FiniteDifferences
{
    private const double Step = 1e-5;
    private const double Relative = 1e-6;
    private const double Absolute = 1e-8;
    private const int MostElements = 40;

    /// <param name="scalarOutput">Of <paramref name="forward"/>: what is differed.</param>
    /// <param name="wrt">Float inputs (or initializers) of it.</param>
    /// <param name="inputs">Of both graphs.</param>
    /// <param name="gradientNames">For each of <paramref name="wrt"/> a value of <paramref name="withGradients"/>.</param>
    public static void Check(GraphProto forward, string scalarOutput, string[] wrt, IReadOnlyDictionary<string, Tensor64> inputs,
        IReadOnlyDictionary<string, string> gradientNames, GraphProto withGradients)
    {
        var values = DoubleInterpreter.Run(withGradients, inputs);
        foreach (var name in wrt)
        {
            Assert.IsTrue(gradientNames.TryGetValue(name, out var gradient), $"There is no gradient for '{name}'.");
            Assert.IsTrue(values.ContainsKey(gradient), $"The graph makes no '{gradient}', the gradient of '{name}'.");
            Check(forward, scalarOutput, name, inputs, values[gradient]);
        }
    }

    /// <summary>One gradient that was computed elsewhere, or put together of rows.</summary>
    /// <remarks>All elements, or as many as <see cref="MostElements"/>, chosen at random.</remarks>
    public static void Check(GraphProto forward, string scalarOutput, string wrt, IReadOnlyDictionary<string, Tensor64> inputs,
        Tensor64 gradient)
    {
        var x = inputs[wrt];
        CollectionAssert.AreEqual(x.Shape, gradient.Shape, $"'{wrt}' is {x} and its gradient {gradient}.");
        var wrong = new List<string>();
        foreach (var element in Elements(x.Values.Length))
        {
            var difference = Difference(forward, scalarOutput, wrt, inputs, element);
            var found = gradient.Values[element];
            // Written so that a gradient which is no number is wrong.
            if (!(Math.Abs(found - difference) <= Absolute + Relative * Math.Abs(difference)))
                wrong.Add(string.Create(CultureInfo.InvariantCulture, $"[{element}] is {found:G12}, differences give {difference:G12}"));
        }
        Assert.IsEmpty(wrong, $"The gradient of '{wrt}' ({x}) is wrong in {wrong.Count} elements: {string.Join("; ", wrong.Take(8))}");
    }

    private static IEnumerable<int> Elements(int count) => count <= MostElements
        ? Enumerable.Range(0, count)
        : Enumerable.Range(0, MostElements).Select(i => CounterRandom.Below(count, 1, 0, (ulong)i)).Distinct();

    private static double Difference(
        GraphProto forward, string scalarOutput, string wrt, IReadOnlyDictionary<string, Tensor64> inputs, int element)
    {
        var at = inputs[wrt].Values[element];
        var step = Step * Math.Max(1, Math.Abs(at));
        var (above, below) = (at + step, at - step);
        return (Moved(above) - Moved(below)) / (above - below);

        double Moved(double value)
        {
            double[] values = [.. inputs[wrt].Values];
            values[element] = value;
            var moved = new Dictionary<string, Tensor64>(inputs) { [wrt] = inputs[wrt].With(values) };
            return DoubleInterpreter.Run(forward, moved)[scalarOutput].ToScalar();
        }
    }
}
