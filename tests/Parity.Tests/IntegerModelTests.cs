using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Products of 8-bit integers: exact on this machine, a row alone as among others, and close to float32.</summary>
[TestClass]
public sealed class IntegerModelTests
{
    private static readonly ExportOptions Int8 = new() { Precision = ExportPrecision.Int8 };

    private static readonly string Decoder = ExportedModels.Temporary("demo-int8");
    private static readonly string Encoder = ExportedModels.Temporary("demo-encoder-int8");

    [ClassInitialize]
    public static void Export(TestContext _)
    {
        ModelExporter.Export(Repository.Demo("base"), Decoder, Int8 with
        {
            Adapters = new Dictionary<string, string> { ["pos"] = Repository.Demo("pos"), ["neg"] = Repository.Demo("neg") },
        });
        ModelExporter.Export(Repository.DemoEncoder(), Encoder, Int8 with { Pooling = EmbeddingPooling.AvgFirstLast });
    }

    /// <summary>Where kernels add two products in 16 bits, the largest numbers are the ones that do not fit.</summary>
    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(32)]
    public void MatMulInteger_LargestNumbers_IsExact(int rows)
    {
        const int In = 200, Out = 50;
        var random = new Random(rows);
        sbyte[] weight = [.. Enumerable.Range(0, In * Out).Select(i => (sbyte)(i % 3 == 0 ? random.Next(-63, 64) : i % 2 == 0 ? 63 : -63))];
        // the first of each row is 1: what everything is divided by
        float[] x = [.. Enumerable.Range(0, rows * In).Select(i => i % In == 0 || random.Next(4) > 0 ? 1 : random.Next(-127, 128) / 127f)];

        var y = Multiply(x, rows, weight, In, Out);

        for (var i = 0; i < y.Length; i++)
        {
            var expected = Enumerable.Range(0, In).Sum(k => (int)MathF.Round(x[i / Out * In + k] * 127) * weight[k * Out + i % Out]);
            Assert.AreEqual(expected, y[i]);
        }
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow("Gelu")]
    [DataRow("Relu")]
    public void MatMulInteger_TokensOfNothing_AreNothingAndNoTokensAreNone(string? op)
    {
        sbyte[] weight = [.. Enumerable.Repeat((sbyte)63, 16 * 8)];

        CollectionAssert.AreEqual(new float[2 * 8], Multiply(new float[2 * 16], 2, weight, 16, 8, op));
        Assert.IsEmpty(Multiply([], 0, weight, 16, 8, op));
    }

    /// <summary>Every number is within half a code of itself, the least that GELU gives and the largest too.</summary>
    [TestMethod]
    [DataRow("Gelu", -0.17f, 3.5f, 3.5f / 223 / 2)]
    [DataRow("BiasGelu", -0.17f, 0.4f, 0.17f / 32 / 2)]
    [DataRow("Relu", 0f, 3.5f, 3.5f / 255 / 2)]
    [DataRow("MatMul", -3.5f, 3.5f, 3.5f / 127 / 2)]
    public void QuantizeTokens_AfterAnOperator_SpendsItsCodesWhereItsNumbersAre(string op, float least, float most, float error)
    {
        float[] x = [.. Enumerable.Range(0, 64).Select(i => least + (most - least) * i / 63)];
        sbyte[] identity = [.. Enumerable.Range(0, 64 * 64).Select(i => (sbyte)(i / 64 == i % 64 ? 1 : 0))];

        var y = Multiply(x, 1, identity, 64, 64, op);

        for (var i = 0; i < x.Length; i++)
            Assert.AreEqual(x[i], y[i] * TokenCodes.After(op).Step, error * 1.001);
    }

    [TestMethod]
    public void Export_EncoderWithGelu_SaysSoToTheProductBehindIt()
    {
        var graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(Encoder, GraphChoice.FileName(GraphRoles.Embedding)))).Graph;
        var readers = graph.Node.Where(n => n.Input.Count > 0).ToLookup(n => n.Input[0]);

        var gelus = graph.Node.Where(n => n.OpType == "BiasGelu").ToArray();

        Assert.HasCount(4, gelus);
        foreach (var gelu in gelus)
            Assert.Contains("LeakyRelu", readers[gelu.Output[0]].Select(n => n.OpType));
    }

    [TestMethod]
    public void Logits_RowAloneAndAmongOthers_AreTheSameBits()
    {
        // of one length: padding changes the order in which attention adds, in float32 too
        var rows = Texts().Select(text => text.Prepend(2L).ToArray()).ToArray();
        using var session = new InferenceSession(Path.Combine(Decoder, GraphChoice.FileName(GraphRoles.Base)));

        var together = Logits(session, rows);

        for (var row = 0; row < rows.Length; row++)
            CollectionAssert.AreEqual(Logits(session, [rows[row]])[0], together[row], $"row {row}");
    }

    [TestMethod]
    public void States_RowAloneAndAmongOthers_AreTheSameBits()
    {
        var rows = Texts().Select(text => text.Prepend(0L).ToArray()).ToArray();
        using var run = new EncoderGraphRun(Encoder, GraphChoice.FileName(GraphRoles.Hidden));
        // before they are pooled: a mean of one row is added up in another order than a mean of several
        const string States = "last_hidden_state";

        var together = run.Run(RecordedRows.Padded(rows), States).Chunk(128 * rows[0].Length).ToArray();

        for (var row = 0; row < rows.Length; row++)
            CollectionAssert.AreEqual(run.Run(RecordedRows.One(rows[row]), States), together[row], $"row {row}");
    }

    [TestMethod]
    public async Task Synthesize_DemonstrationInIntegers_IsNearlyAsTrueAsInFloat32()
    {
        var truth = await GroundTruth.ReadAsync(Repository.Demo("world", "truth.jsonl.gz"));
        string[] anchors = [.. Repository.GreedyLines().Take(100).Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement
            .GetProperty("sent0").GetString()!)];
        async Task<int> True(string folder)
        {
            using var model = XlLoraModel.Load(folder);
            return await model.SynthesizeAsync(anchors, new SynthesisOptions { Sampling = SamplingOptions.Greedy })
                .Select(truth.Judge).CountAsync(j => j is { PositiveIsEntailment: true, NegativeIsContradiction: true });
        }

        var (whole, integers) = (await True(ExportedModels.Demo), await True(Decoder));

        Assert.IsGreaterThanOrEqualTo(whole - 3, integers, $"{integers} of 100, {whole} in float32");
    }

    private static long[][] Texts() => [.. Enumerable.Range(0, 6).Select(i =>
        Enumerable.Range(0, 40).Select(k => 10L + (i * 131 + k * k * 17) % 1000).ToArray())];

    private static float[] Multiply(float[] x, int rows, sbyte[] weight, int inFeatures, int outFeatures, string? after = null)
    {
        var graph = new OnnxGraph();
        var input = graph.Input("x", OnnxType.Float, "rows", inFeatures);
        graph.Input("w", OnnxType.Int8, inFeatures, outFeatures);
        graph.Input("s", OnnxType.Float, outFeatures);
        graph.MatMulInteger("/p", "y", graph.QuantizeTokens("/q", input, TokenCodes.After(after), axis: 1), "w", "s");
        graph.Output("y", OnnxType.Float, "rows", outFeatures);
        // weights of the graph, which are packed when it is loaded
        while (graph.Proto.Input.Count > 1)
            graph.Proto.Input.RemoveAt(1);
        Add("w", OnnxType.Int8, MemoryMarshal.AsBytes(weight.AsSpan()), inFeatures, outFeatures);
        Add("s", OnnxType.Float, MemoryMarshal.AsBytes(Enumerable.Repeat(1f, outFeatures).ToArray().AsSpan()), outFeatures);
        using var session = new InferenceSession(graph.ToModel("0").ToByteArray());
        using var value = OrtValue.CreateTensorValueFromMemory(x, [rows, inFeatures]);
        using var options = new RunOptions();
        using var results = session.Run(options, ["x"], [value], ["y"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();

        void Add(string name, OnnxType type, ReadOnlySpan<byte> bytes, params ReadOnlySpan<long> dims)
        {
            var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
            tensor.Dims.AddRange(dims.ToArray());
            graph.Proto.Initializer.Add(tensor);
        }
    }

    /// <returns>Of the last token of each row.</returns>
    private static float[][] Logits(InferenceSession session, long[][] rows)
    {
        var length = rows.Max(r => r.Length);
        long[] Pad(Func<long[], IEnumerable<long>> row) =>
            [.. rows.SelectMany(r => row(r).Concat(Enumerable.Repeat(0L, length - r.Length)))];
        using var ids = OrtValue.CreateTensorValueFromMemory(Pad(r => r), [rows.Length, length]);
        using var mask = OrtValue.CreateTensorValueFromMemory(Pad(r => r.Select(_ => 1L)), [rows.Length, length]);
        var names = session.InputMetadata.Keys.ToArray();
        var cache = session.InputMetadata["past_key_values.0.key"].Dimensions;
        using var past = OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [rows.Length, cache[1], 0, cache[3]]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, names,
            [.. names.Select(n => n == "input_ids" ? ids : n == "attention_mask" ? mask : past)], ["logits"]);
        return [.. outputs[0].GetTensorDataAsSpan<float>().ToArray().Chunk(outputs[0].GetTensorDataAsSpan<float>().Length / rows.Length)];
    }
}
