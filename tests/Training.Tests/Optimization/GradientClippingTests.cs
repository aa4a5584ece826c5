namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class GradientClippingTests
{
    [TestMethod]
    public void Norm_OfSeveralParameters_IsThatOfOneVector()
    {
        using var dense = new Parameter("dense", [3]);
        using var table = new Parameter("table", [9, 2], isTable: true);
        using var unused = new Parameter("unused", [5]);
        var (ofDense, ofTable) = (new ParameterGradient(dense), new ParameterGradient(table));
        ofDense.Add([1, -2, 2]);
        ofTable.AddRows([7, 0], [4, 0, 0, -12]);
        // 9 + 16 + 144
        Assert.AreEqual(13.0, GradientClipping.Norm([ofDense, ofTable, new ParameterGradient(unused)], 2));
        Assert.AreEqual(0.0, GradientClipping.Norm([new ParameterGradient(unused)], 2));
    }

    [TestMethod]
    [DataRow(5)]
    [DataRow(64)]
    [DataRow(3 * 65_536 + 21)]
    public void Norm_Threads_GiveTheSameBitsAndDoublePrecision(int length)
    {
        using var parameter = new Parameter("dense", [length]);
        var gradient = new ParameterGradient(parameter);
        var values = TrainingSteps.Numbers(length, 1);
        gradient.Add(values);
        var norm = GradientClipping.Norm([gradient], 1);
        Assert.AreEqual(norm, GradientClipping.Norm([gradient], 2));
        Assert.AreEqual(norm, GradientClipping.Norm([gradient], 5));
        var expected = Math.Sqrt(values.Sum(v => (double)v * v));
        Assert.AreEqual(expected, norm, expected * 1e-13);
    }

    [TestMethod]
    public void Norm_ANumberThatIsNone_IsNone()
    {
        using var parameter = new Parameter("dense", [20]);
        var gradient = new ParameterGradient(parameter);
        var values = new float[20];
        values[13] = float.NaN;
        gradient.Add(values);
        Assert.IsTrue(double.IsNaN(GradientClipping.Norm([gradient], 2)));
    }

    [TestMethod]
    [DataRow(5.0, 1.0, 0.19999996)]
    [DataRow(0.5, 1.0, 1.0)]
    [DataRow(1.0, 1.0, 0.999999)]
    [DataRow(5.0, 0.3, 0.059999988)]
    [DataRow(500.0, 0.0, 1.0)]
    public void Coefficient_OfANorm_IsTorchs(double norm, double maxNorm, double expected) =>
        Assert.AreEqual((float)expected, GradientClipping.Coefficient(norm, maxNorm), 1e-9f);
}
