namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class Nf4QuantizerTests
{
    private const int Columns = QuantizationReference.Columns;
    private const string Reference = "nf4-block64";

    [TestMethod]
    public void Quantize_ReferenceWeight_EqualsBitsandbytes()
    {
        var (codes, absMaxima) = Quantize(new Nf4Quantizer(64), QuantizationReference.Weight());

        CollectionAssert.AreEqual(QuantizationReference.Bytes(Reference, "packed"), codes);
        CollectionAssert.AreEqual(QuantizationReference.Floats(Reference, "absmax"), absMaxima);
    }

    [TestMethod]
    public void Dequantize_ReferenceCodes_EqualsBitsandbytes()
    {
        var restored = new float[QuantizationReference.Rows * Columns];

        new Nf4Quantizer(64).Dequantize(
            QuantizationReference.Bytes(Reference, "packed"), QuantizationReference.Floats(Reference, "absmax"), restored);

        CollectionAssert.AreEqual(QuantizationReference.Floats(Reference, "dequantized"), restored);
    }

    [TestMethod]
    [DataRow(32)]
    [DataRow(128)]
    public void Codes_OtherBlockSizes_ChooseTheNearestValue(int blockSize)
    {
        var quantizer = new Nf4Quantizer(blockSize);
        var (weight, values) = (QuantizationReference.Weight(), QuantizationReference.Floats(Reference, "code"));

        var (codes, absMaxima) = Quantize(quantizer, weight);
        var restored = new float[weight.Length];
        quantizer.Dequantize(codes, absMaxima, restored);

        for (var i = 0; i < weight.Length; i++)
        {
            var nearest = values.Min(v => Math.Abs(v * absMaxima[i / blockSize] - weight[i]));
            Assert.AreEqual(nearest, Math.Abs(restored[i] - weight[i]), 1e-6f);
        }
    }

    [TestMethod]
    public void Dequantize_Zeros_AreZero()
    {
        var quantizer = new Nf4Quantizer(64);
        var (codes, absMaxima) = Quantize(quantizer, new float[Columns]);
        var restored = new float[Columns];

        quantizer.Dequantize(codes, absMaxima, restored);

        Assert.IsTrue(restored.All(v => v == 0));
    }

    private static (byte[] Codes, float[] AbsMaxima) Quantize(Nf4Quantizer quantizer, float[] weight)
    {
        var (rows, codeBytes, blocks) = (weight.Length / Columns, Nf4Quantizer.CodeBytes(Columns), quantizer.Blocks(Columns));
        var (codes, absMaxima) = (new byte[rows * codeBytes], new float[rows * blocks]);
        for (var r = 0; r < rows; r++)
        {
            quantizer.Codes(weight.AsSpan(r * Columns, Columns), codes.AsSpan(r * codeBytes, codeBytes));
            quantizer.AbsMaxima(weight.AsSpan(r * Columns, Columns), absMaxima.AsSpan(r * blocks, blocks));
        }
        return (codes, absMaxima);
    }
}
