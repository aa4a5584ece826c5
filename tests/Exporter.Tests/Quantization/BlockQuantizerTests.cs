namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class BlockQuantizerTests
{
    [TestMethod]
    [DataRow(true, "matmulnbits-block32-sym")]
    [DataRow(false, "matmulnbits-block32-asym")]
    public void Quantize_ReferenceWeight_EqualsOnnxRuntime(bool symmetric, string reference)
    {
        var (codes, scales, zeroPoints) = Quantize(
            new BlockQuantizer(4, 32, symmetric), QuantizationReference.Weight(), QuantizationReference.Columns);

        CollectionAssert.AreEqual(QuantizationReference.Bytes(reference, "packed"), codes);
        CollectionAssert.AreEqual(QuantizationReference.Floats(reference, "scales"), scales);
        // symmetric weights are stored without zero points, and the reference left its buffer at 0
        if (!symmetric)
            CollectionAssert.AreEqual(QuantizationReference.Bytes(reference, "zero_points"), zeroPoints);
    }

    [TestMethod]
    [DataRow(4, 32, true)]
    [DataRow(4, 64, false)]
    [DataRow(4, 128, true)]
    [DataRow(8, 32, false)]
    [DataRow(8, 64, true)]
    [DataRow(8, 128, false)]
    public void Codes_RandomRow_EqualTheFormula(int bits, int blockSize, bool symmetric)
    {
        var quantizer = new BlockQuantizer(bits, blockSize, symmetric);
        var row = RandomRow(5 * blockSize, seed: bits + blockSize);

        var (codes, scales, zeroPoints) = Quantize(quantizer, row, row.Length);

        for (var block = 0; block < 5; block++)
        {
            var values = row.AsSpan(block * blockSize, blockSize).ToArray();
            var (scale, zeroPoint) = Formula(values, bits, symmetric);
            Assert.AreEqual(scale, scales[block]);
            Assert.AreEqual(zeroPoint, Unpack(zeroPoints, block, bits));
            for (var i = 0; i < blockSize; i++)
            {
                var code = Math.Clamp(MathF.Floor(values[i] * (1 / scale) + zeroPoint + 0.5f), 0, (1 << bits) - 1);
                Assert.AreEqual(code, Unpack(codes, block * blockSize + i, bits));
            }
        }
    }

    [TestMethod]
    [DataRow(4, 32, true)]
    [DataRow(4, 128, false)]
    [DataRow(8, 64, true)]
    [DataRow(8, 32, false)]
    public void Dequantize_RandomRow_IsWithinHalfAStep(int bits, int blockSize, bool symmetric)
    {
        var quantizer = new BlockQuantizer(bits, blockSize, symmetric);
        const int Columns = 200;
        var row = RandomRow(Columns, seed: 5);

        var (codes, scales, zeroPoints) = Quantize(quantizer, Padded(quantizer, row), Columns);
        var restored = new float[Columns];
        quantizer.Dequantize(codes, scales, symmetric ? [] : zeroPoints, restored);

        Assert.HasCount(quantizer.CodeBytes(Columns), codes);
        for (var i = 0; i < Columns; i++)
        {
            // the symmetric range ends one step before the largest magnitude of the other sign
            var step = Math.Abs(scales[i / blockSize]) * (symmetric ? 1.001f : 0.501f);
            Assert.IsLessThanOrEqualTo(step, Math.Abs(restored[i] - row[i]));
        }
    }

    [TestMethod]
    public void Codes_EqualMagnitudes_TakeTheNegativeOne()
    {
        var row = new float[32];
        (row[3], row[4]) = (2, -2);

        var (codes, scales, _) = Quantize(new BlockQuantizer(4, 32, true), row, 32);

        Assert.AreEqual(0.25f, scales[0]);
        Assert.AreEqual(0xF8, codes[1], "element 3 (high half) is clamped to 15, element 2 is 0");
        Assert.AreEqual(0x80, codes[2], "element 4 (low half) is code 0");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Dequantize_ZerosAndTheSmallestNumbers_AreZero(bool symmetric)
    {
        var quantizer = new BlockQuantizer(4, 32, symmetric);
        var row = new float[64];
        row[40] = float.Epsilon;

        var (codes, scales, zeroPoints) = Quantize(quantizer, row, 64);
        var restored = new float[64];
        quantizer.Dequantize(codes, scales, symmetric ? [] : zeroPoints, restored);

        Assert.IsTrue(restored.All(v => Math.Abs(v) < 1e-40f), string.Join(' ', restored));
    }

    private static (byte[] Codes, float[] Scales, byte[] ZeroPoints) Quantize(BlockQuantizer quantizer, float[] weight, int columns)
    {
        var padded = quantizer.PaddedColumns(columns);
        var rows = weight.Length / padded;
        var (codeBytes, blocks, zeroBytes) = (quantizer.CodeBytes(columns), quantizer.Blocks(columns), quantizer.ZeroPointBytes(columns));
        var (codes, scales, zeroPoints) = (new byte[rows * codeBytes], new float[rows * blocks], new byte[rows * zeroBytes]);
        for (var r = 0; r < rows; r++)
        {
            var row = weight.AsSpan(r * padded, padded);
            quantizer.Codes(row, codes.AsSpan(r * codeBytes, codeBytes));
            quantizer.Scales(row, scales.AsSpan(r * blocks, blocks));
            quantizer.ZeroPoints(row, zeroPoints.AsSpan(r * zeroBytes, zeroBytes));
        }
        return (codes, scales, zeroPoints);
    }

    private static (float Scale, float ZeroPoint) Formula(float[] block, int bits, bool symmetric)
    {
        var (min, max, half) = (block.Min(), block.Max(), 1 << (bits - 1));
        if (symmetric)
            return ((Math.Abs(max) > Math.Abs(min) ? max : min) / -half, half);
        var scale = (Math.Max(max, 0) - Math.Min(min, 0)) / (2 * half - 1);
        return (scale, MathF.Round(-Math.Min(min, 0) / scale, MidpointRounding.AwayFromZero));
    }

    private static float Unpack(byte[] packed, int index, int bits) =>
        bits == 8 ? packed[index] : (packed[index / 2] >> (index % 2 * 4)) & 15;

    private static float[] Padded(BlockQuantizer quantizer, float[] row) =>
        [.. row, .. new float[quantizer.PaddedColumns(row.Length) - row.Length]];

    private static float[] RandomRow(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() - 0.4f) * 0.1f)];
    }
}
