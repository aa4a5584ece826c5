using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class ChannelQuantizerTests
{
    private const int Out = 70, In = 45;

    [TestMethod]
    public void Codes_TimesTheirScale_AreWithinHalfAStepOfTheWeight()
    {
        using var folder = new TemporaryFolder();
        using var file = Weight(folder, (row, column) => MathF.Sin(row * 7 + column * 3) * (row + 1));
        var quantizer = Quantizer(file);
        var (codes, scales) = (Codes(quantizer), Scales(quantizer, 1));

        var values = file.ReadFloat32("w");
        for (var row = 0; row < Out; row++)
        {
            var peak = values.AsSpan(row * In, In).ToArray().Max(Math.Abs);
            Assert.AreEqual(peak / ChannelQuantizer.Limit, scales[row]);
            for (var column = 0; column < In; column++)
            {
                var code = codes[column * Out + row];
                Assert.IsTrue(Math.Abs(code) <= ChannelQuantizer.Limit, $"{code}");
                Assert.IsLessThanOrEqualTo(scales[row] * 0.5001f, Math.Abs(code * scales[row] - values[row * In + column]));
            }
        }
        CollectionAssert.AreEqual(scales.Select(s => s * 0.25f).ToArray(), Scales(Quantizer(file), 0.25f));
    }

    [TestMethod]
    public void Codes_RowsInAnyOrder_AreTheSame()
    {
        using var folder = new TemporaryFolder();
        using var file = Weight(folder, (row, column) => MathF.Cos(row + column * 5));
        var source = Quantizer(file).Codes();
        var (whole, pieces) = (new byte[In * Out], new byte[In * Out]);

        source.Fill(0, In, whole);
        foreach (var (first, rows) in ((int, int)[])[(30, 15), (1, 29), (0, 1)])
            source.Fill(first, rows, pieces.AsSpan(first * Out, rows * Out));

        CollectionAssert.AreEqual(whole, pieces);
    }

    [TestMethod]
    [DataRow(0f)]
    [DataRow(1e-42f)]
    public void Codes_FeatureOfNothing_AreZero(float value)
    {
        using var folder = new TemporaryFolder();
        using var file = Weight(folder, (row, _) => row == 33 ? value : 1);

        var codes = Codes(Quantizer(file));

        Assert.IsTrue(Enumerable.Range(0, In).All(column => codes[column * Out + 33] == 0));
    }

    [TestMethod]
    public void Scales_NumberThatIsNotFinite_IsRefusedWithItsPlace()
    {
        using var folder = new TemporaryFolder();
        using var file = Weight(folder, (row, column) => row == 65 && column == 7 ? float.NaN : 1);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Codes(Quantizer(file)));

        StringAssert.Contains(error.Message, "row 65, column 7");
    }

    private static SafetensorsFile Weight(TemporaryFolder folder, Func<int, int, float> value)
    {
        float[] values = [.. Enumerable.Range(0, Out * In).Select(i => value(i / In, i % In))];
        new SafetensorsBuilder().Add("w", "F32", [Out, In], MemoryMarshal.AsBytes(values.AsSpan())).Save(folder.File("a"));
        return SafetensorsFile.Open(folder.File("a"));
    }

    private static ChannelQuantizer Quantizer(SafetensorsFile file) => new(new CheckpointTensor(file, file.Tensors["w"]));

    private static sbyte[] Codes(ChannelQuantizer quantizer)
    {
        var codes = new sbyte[In * Out];
        quantizer.Codes().Fill(0, In, MemoryMarshal.AsBytes(codes.AsSpan()));
        return codes;
    }

    private static float[] Scales(ChannelQuantizer quantizer, float factor)
    {
        var scales = new float[Out];
        quantizer.Scales(factor).Fill(0, 1, MemoryMarshal.AsBytes(scales.AsSpan()));
        return scales;
    }
}
