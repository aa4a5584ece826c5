using CsCheck;

namespace XlLoraOnnx.Tokenizers.Tests;

[TestClass]
public sealed class TemplateSequencesTests
{
    private static readonly Gen<long?> Bound = Gen.Nullable(Gen.Long[-9, 9], 0.25);

    [TestMethod]
    public void Slice_RandomBounds_AreThoseOfPython() =>
        Gen.Select(Gen.Int[0, 7], Bound, Bound, Bound).Sample((length, start, stop, step) =>
        {
            if (step == 0)
                return;
            var items = Enumerable.Range(0, length).Select(i => (object?)(long)i).ToList();
            var text = "abcdefg"[..length];
            var expected = Indices(length, start, stop, step ?? 1).ToList();

            var list = (TemplateSequence)TemplateSequences.Slice(Run(), new TemplateSequence(items), start, stop, step)!;

            CollectionAssert.AreEqual(expected, list.Items.Select(i => (int)(long)i!).ToList(), $"{length}[{start}:{stop}:{step}]");
            Assert.AreEqual(string.Concat(expected.Select(i => text[i])), TemplateSequences.Slice(Run(), text, start, stop, step));
            Assert.AreEqual(
                string.Concat(expected.Select(i => Pair(text[i]))),
                TemplateSequences.Slice(Run(), string.Concat(text.Select(Pair)), start, stop, step));
        });

    [TestMethod]
    [DataRow(long.MinValue, long.MaxValue, 1L, "abc")]
    [DataRow(long.MaxValue, long.MinValue, -1L, "cba")]
    [DataRow(0L, long.MaxValue, long.MaxValue, "a")]
    [DataRow(-1L, long.MinValue, long.MinValue, "c")]
    public void Slice_HugeBounds_DoNotOverflow(long start, long stop, long step, string expected) =>
        Assert.AreEqual(expected, TemplateSequences.Slice(Run(), "abc", start, stop, step));

    [TestMethod]
    public void Slice_PairsOfSurrogates_AreOneCharacter()
    {
        Assert.AreEqual("😀b", TemplateSequences.Slice(Run(), "a😀b", 1, null, null));
        Assert.AreEqual("b😀a", TemplateSequences.Slice(Run(), "a😀b", null, null, -1));
    }

    /// <summary>The items of range(length)[start:stop:step], by the words of Python's reference.</summary>
    private static IEnumerable<int> Indices(int length, long? start, long? stop, long step)
    {
        long Normal(long index) => index < 0 ? index + length : index;
        var first = start is { } a ? Normal(a) : step > 0 ? 0 : length - 1;
        var end = stop is { } b ? Normal(b) : step > 0 ? length : -1;
        if (step > 0)
        {
            for (var i = Math.Max(first, 0); i < Math.Min(end, length); i += step)
                yield return (int)i;
        }
        else
        {
            for (var i = Math.Min(first, length - 1); i > Math.Max(end, -1); i += step)
                yield return (int)i;
        }
    }

    private static string Pair(char letter) => char.ConvertFromUtf32(0x1F600 + letter);

    private static TemplateRun Run() => new(new TemplateSource("", "t"), new ChatTemplateLimits());
}
