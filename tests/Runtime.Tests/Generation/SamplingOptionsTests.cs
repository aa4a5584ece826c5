namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class SamplingOptionsTests
{
    [TestMethod]
    public void Validate_DefaultsAndLimits_Pass()
    {
        SamplingOptions.Greedy.Validate();
        new SamplingOptions { DoSample = true, Temperature = 0.01f, TopK = 64, TopP = 1, MinP = 1, Seed = -1 }.Validate();
        new SamplingOptions { RepetitionPenalty = 1.3f }.Validate();
        Assert.IsFalse(SamplingOptions.Greedy.DoSample);
        Assert.AreEqual(42, new SamplingOptions().Seed);
    }

    [TestMethod]
    [DataRow(0f)]
    [DataRow(-1f)]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void Validate_TemperatureOutOfRange_NamesValueAndRange(float value)
    {
        var e = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new SamplingOptions { Temperature = value }.Validate());
        Assert.AreEqual("Temperature", e.ParamName);
        StringAssert.Contains(e.Message, FormattableString.Invariant($"Temperature is {value}; it must be a finite number above 0."));
    }

    [TestMethod]
    public void Validate_TopKNegative_Throws() => AssertRefused("TopK", new SamplingOptions { TopK = -1 });

    [TestMethod]
    [DataRow(0f)]
    [DataRow(1.01f)]
    [DataRow(float.NaN)]
    public void Validate_TopPOutOfRange_Throws(float value) => AssertRefused("TopP", new SamplingOptions { TopP = value });

    [TestMethod]
    [DataRow(-0.01f)]
    [DataRow(1.01f)]
    [DataRow(float.NaN)]
    public void Validate_MinPOutOfRange_Throws(float value) => AssertRefused("MinP", new SamplingOptions { MinP = value });

    [TestMethod]
    [DataRow(0f)]
    [DataRow(float.PositiveInfinity)]
    public void Validate_RepetitionPenaltyOutOfRange_Throws(float value) =>
        AssertRefused("RepetitionPenalty", new SamplingOptions { RepetitionPenalty = value });

    private static void AssertRefused(string name, SamplingOptions options) =>
        Assert.AreEqual(name, Assert.ThrowsExactly<ArgumentOutOfRangeException>(options.Validate).ParamName);
}
