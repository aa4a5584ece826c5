using CsCheck;

namespace XlLoraOnnx.Tokenizers.Tests;

[TestClass]
public sealed class TruncationTests
{
    private static readonly Gen<int> Length = Gen.Int[0, 40];

    [TestMethod]
    public void Fit_LongestFirst_IsWhatTakingTokenByTokenOffTheLongerOneGives() =>
        Gen.Select(Length, Length, Length).Sample((first, second, room) =>
        {
            var (a, b) = (first, second);
            while (a + b > room)
            {
                // of two that are as long as each other, the one that was longer keeps the odd token; the second one, if none was
                if (a > b || (a == b && first <= second))
                    a--;
                else
                    b--;
            }

            Assert.AreEqual((a, b), Truncation.Fit(first, second, isPair: true, room, TruncationStrategy.LongestFirst));
        });

    [TestMethod]
    public void Fit_OnlyOne_CutsThatOneOrRefuses() =>
        Gen.Select(Length, Length, Length).Sample((first, second, room) =>
        {
            foreach (var strategy in (TruncationStrategy[])[TruncationStrategy.OnlyFirst, TruncationStrategy.OnlySecond])
            {
                var cut = strategy == TruncationStrategy.OnlyFirst ? first : second;
                var kept = first + second - cut;
                if (kept > room)
                {
                    var e = Assert.ThrowsExactly<ArgumentException>(() => Truncation.Fit(first, second, isPair: true, room, strategy));
                    StringAssert.Contains(e.Message, $"{first + second} tokens have to become {room}");
                    StringAssert.Contains(e.Message, $"a sequence of {cut}. Use LongestFirst, or a larger MaxLength");
                    continue;
                }
                var (a, b) = Truncation.Fit(first, second, isPair: true, room, strategy);
                Assert.AreEqual(Math.Min(first + second, room), a + b);
                Assert.AreEqual(kept, strategy == TruncationStrategy.OnlyFirst ? b : a);
            }
        });

    [TestMethod]
    [DataRow(5, 3, TruncationStrategy.LongestFirst, 3)]
    [DataRow(5, 9, TruncationStrategy.LongestFirst, 5)]
    [DataRow(5, 0, TruncationStrategy.LongestFirst, 0)]
    [DataRow(5, 3, TruncationStrategy.OnlyFirst, 3)]
    public void Fit_NoPair_CutsTheOnlyOne(int length, int room, TruncationStrategy strategy, int expected) =>
        Assert.AreEqual((expected, 0), Truncation.Fit(length, 0, isPair: false, room, strategy));

    [TestMethod]
    public void Fit_SecondOfNoPair_IsRefused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => Truncation.Fit(5, 0, isPair: false, 3, TruncationStrategy.OnlySecond));
        Assert.AreEqual((3, 0), Truncation.Fit(3, 0, isPair: false, 3, TruncationStrategy.OnlySecond));
    }
}
