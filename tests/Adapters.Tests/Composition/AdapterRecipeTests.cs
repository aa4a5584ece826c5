using CsCheck;

namespace XlLoraOnnx.Adapters.Tests;

[TestClass]
public sealed class AdapterRecipeTests
{
    [TestMethod]
    [DataRow("task + 0.5 * (hausa - english)", "task:1 hausa:0.5 english:-0.5")]
    [DataRow("task+.5*(hausa-english)", "task:1 hausa:0.5 english:-0.5")]
    [DataRow("a", "a:1")]
    [DataRow("-a", "a:-1")]
    [DataRow("--a", "a:1")]
    [DataRow("a - b - c", "a:1 b:-1 c:-1")]
    [DataRow("a - (b - c)", "a:1 b:-1 c:1")]
    [DataRow("(1 + 2) * a * 2", "a:6")]
    [DataRow("2 * -3 * a", "a:-6")]
    [DataRow("a + b + a", "a:2 b:1")]
    [DataRow("a - a + b", "a:0 b:1")]
    [DataRow("1e-2 * a + 2.5E+1*b", "a:0.01 b:25")]
    [DataRow("lang.hau_Latn * 2", "lang.hau_Latn:2")]
    [DataRow("tâche + λ * ሐ", "tâche:1 ሐ:3")]
    [DataRow("a + (1 - lambda) * b", "a:1 b:-2")]
    public void Factors_OfARecipe_AreThoseOfTheSum(string text, string expected)
    {
        var recipe = AdapterRecipe.Parse(text);

        var factors = recipe.Factors(recipe.HasLambda ? 3 : null);

        Assert.AreEqual(expected, string.Join(' ', factors.Select(f => FormattableString.Invariant($"{f.Key}:{f.Value}"))));
    }

    [TestMethod]
    [DataRow("", "empty")]
    [DataRow("task +", "position 7: it ends where")]
    [DataRow("task + 0.5", "position 6: a number and an adapter cannot be added")]
    [DataRow("2 - task", "position 3: a number and an adapter cannot be subtracted")]
    [DataRow("task * hausa", "position 6: two adapters cannot be multiplied")]
    [DataRow("(task", "position 1: '(' is never closed")]
    [DataRow("task)", "position 5: ')' closes nothing")]
    [DataRow("task hausa", "position 6: 'h' is not expected")]
    [DataRow("(task hausa)", "position 7: 'h' is not expected here: + - * or ')'")]
    [DataRow("task / 2", "position 6: '/' is not expected")]
    [DataRow("/task", "position 1: '/' is not known: multiply")]
    [DataRow("task + €", "position 8: '€' is not expected")]
    [DataRow("1.2.3 * task", "position 1: '1.2.3' is not a number")]
    [DataRow("1e999 * task", "position 1: '1e999' is not a number")]
    [DataRow("1 + 2", "it names no adapter")]
    [DataRow("lambda", "it names no adapter")]
    [DataRow("😀", "position 1: '😀' is not expected")]
    public void Parse_BadRecipe_SaysWhereAndWhat(string text, string expected)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => AdapterRecipe.Parse(text));

        StringAssert.Contains(error.Message, expected);
    }

    [TestMethod]
    public void Parse_NestedWithoutEnd_IsRefused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => AdapterRecipe.Parse(new string('(', 5000) + "a" + new string(')', 5000)));
        Assert.ThrowsExactly<ArgumentException>(() => AdapterRecipe.Parse(new string('-', 5000) + "a"));
        Assert.ThrowsExactly<ArgumentException>(() => AdapterRecipe.Parse(new string('a', 20_000)));
    }

    [TestMethod]
    public void Factors_LambdaWithoutNumberOrNumberWithoutLambda_IsRefused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => AdapterRecipe.Parse("a + lambda * b").Factors());
        Assert.ThrowsExactly<ArgumentException>(() => AdapterRecipe.Parse("a + b").Factors(1));
        Assert.ThrowsExactly<ArgumentException>(() => AdapterRecipe.Parse("a + lambda * b").Factors(double.NaN));
    }

    [TestMethod]
    public void Factors_OfAnySumWithSpacesAndSigns_AreItsTerms() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[-99, 99], Gen.Int[0, 3]).Array[1, 12].Sample(terms =>
        {
            var text = string.Join(" + ", terms.Select(t =>
                $"{new string(' ', t.Item3)}({FormattableString.Invariant($"{t.Item2 / 4.0}")}) * x{t.Item1}{new string('\t', t.Item3)}"));

            var factors = AdapterRecipe.Parse(text).Factors();

            foreach (var (name, factor) in factors)
                Assert.AreEqual(terms.Where(t => $"x{t.Item1}" == name).Sum(t => t.Item2 / 4.0), factor, 1e-12);
        });
}
