using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>
/// 4-bit NormalFloat with double quantisation (QLoRA, arXiv 2305.14314) as bitsandbytes stores it (functional.py, quantize_4bit with
/// compress_statistics): blocks of 64 that run on from row to row; of their absmax the mean is taken off, and what is left is quantised to
/// 8 bits of <see cref="DynamicMap"/> in blocks of 256.
/// </summary>
internal sealed class Nf4Weights : WeightQuantization
{
    private const int Block = 64, ScaleBlock = 256;
    private const string Codes = "_nf4", ScaleCodes = "_absmax", ScaleScales = "_nested_absmax", Offset = "_offset";

    private static readonly Nf4Quantizer Quantizer = new(Block);

    public override IReadOnlyList<QuantizedPart> Parts(int rows, int columns)
    {
        var (blocks, groups, width) = Sizes((long)rows * columns);
        return
        [
            new(Codes, OnnxType.UInt8, [blocks * Block / 2]), new(ScaleCodes, OnnxType.UInt8, [groups, width]),
            new(ScaleScales, OnnxType.Float, [groups, 1]), new(Offset, OnnxType.Float, [1]),
        ];
    }

    public override OrtValue[] Quantize(ReadOnlySpan<float> weight, int rows, int columns)
    {
        var (blocks, groups, width) = Sizes(weight.Length);
        var padded = weight;
        if (blocks * Block != weight.Length)
        {
            var filled = new float[blocks * Block];
            weight.CopyTo(filled);
            padded = filled;
        }
        var (codes, absMax) = (new byte[padded.Length / 2], new float[blocks]);
        Quantizer.Codes(padded, codes);
        Quantizer.AbsMaxima(padded, absMax);
        var offset = (float)absMax.Average(a => (double)a);
        var (scaleCodes, scaleScales) = (new byte[groups * width], new float[groups]);
        for (var i = 0; i < absMax.Length; i++)
            absMax[i] -= offset;
        for (var group = 0; group < groups; group++)
        {
            var part = absMax.AsSpan(group * width, Math.Min(width, absMax.Length - group * width));
            scaleScales[group] = DynamicMap.Quantize(part, scaleCodes.AsSpan(group * width, part.Length));
        }
        return
        [
            OrtValue.CreateTensorValueFromMemory(codes, [codes.Length]),
            OrtValue.CreateTensorValueFromMemory(scaleCodes, [groups, width]),
            OrtValue.CreateTensorValueFromMemory(scaleScales, [groups, 1]), OrtValue.CreateTensorValueFromMemory(new[] { offset }, [1]),
        ];
    }

    public override string Dequantize(TrainingGraph graph, string name, int rows, int columns, string before)
    {
        var (blocks, groups, width) = Sizes((long)rows * columns);
        var map = graph.Constants(DynamicMap.Values, [DynamicMap.Values.Length]);
        var scales = Look(graph, map, Waiting(graph, name + ScaleCodes, before, groups, width));
        scales = graph.Add("Mul", [scales, name + ScaleScales]);
        scales = graph.Add("Reshape", [graph.Add("Add", [scales, name + Offset]), graph.Constants(groups * width, 1)]);
        if (groups * width != blocks)
            scales = First(graph, scales, blocks, 1);
        // a byte of codes is a pair of values
        var table = graph.Constants(Nf4Pairs, [Nf4Pairs.Length / 2, 2]);
        var pairs = Look(graph, table, Waiting(graph, name + Codes, before, blocks * Block / 2));
        var values = graph.Add("Mul", [graph.Add("Reshape", [pairs, graph.Constants(blocks, Block)]), scales]);
        if (blocks * Block != (long)rows * columns)
            values = First(graph, graph.Add("Reshape", [values, graph.Constants(blocks * Block)]), (long)rows * columns);
        return graph.Add("Reshape", [values, graph.Constants(rows, columns)]);
    }

    /// <summary>The two values of each byte, the high half first.</summary>
    private static float[] Nf4Pairs { get; } = MakePairs();

    private static float[] MakePairs()
    {
        var pairs = new float[2 * 256];
        for (var code = 0; code < 256; code++)
            Quantizer.Dequantize([(byte)code], [1f], pairs.AsSpan(2 * code, 2));
        return pairs;
    }

    private static string First(TrainingGraph graph, string value, long count, params ReadOnlySpan<long> rest)
    {
        var first = graph.Add("Slice", [value, graph.Constants(0), graph.Constants(count), graph.Constants(0)]);
        var dims = new Dim[1 + rest.Length];
        dims[0] = count;
        for (var i = 0; i < rest.Length; i++)
            dims[i + 1] = rest[i];
        graph.Shapes.Set(first, dims);
        return first;
    }

    /// <returns>Blocks of the weight, and the blocks of their scales: how many, and how many in each.</returns>
    private static (int Blocks, int Groups, int Width) Sizes(long elements)
    {
        var blocks = checked((int)((elements + Block - 1) / Block));
        var groups = (blocks + ScaleBlock - 1) / ScaleBlock;
        return (blocks, groups, groups == 1 ? blocks : ScaleBlock);
    }
}
