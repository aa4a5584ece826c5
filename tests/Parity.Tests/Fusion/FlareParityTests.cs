using System.Runtime.InteropServices;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Runs of FLARE, exported, against what FLARE's own code gave for them.</summary>
[TestClass]
public sealed class FlareParityTests
{
    [TestMethod]
    [DataRow("add_relu", "task", 5)]
    [DataRow("matmul_relu", "task", 2)]
    [DataRow("cross-attention", "task", 2)]
    [DataRow("task", null, 2)]
    [DataRow("qa", "qa-task", 4)]
    [DataRow("qa-task", null, 4)]
    public void Verify_RecordedRun_IsMetToTenThousandths(string run, string? taskRun, int records)
    {
        using var folder = new TemporaryFolder();
        var model = FlareExports.Export(run, folder, taskRun);

        var report = ParityVerifier.Verify(model, Reference(run));

        Assert.IsTrue(report.Passed, string.Join('\n', report.Tensors));
        Assert.HasCount(records, report.Tensors);
        Assert.IsLessThan(1e-4, report.MaxAbsDiff);
        foreach (var check in FolderVerifier.Verify(model))
            Assert.AreEqual(FolderCheckOutcome.Passed, check.Outcome, $"{check.Name}: {check.Detail}");
    }

    [TestMethod]
    public void Export_CompleteRun_NeedsNoTaskRunAndGivesTheSame()
    {
        using var folder = new TemporaryFolder();
        var output = folder.File("model");

        ModelExporter.Export(FlareExports.Complete("add_relu", folder), output,
            new ExportOptions { Flare = new FlareOptions { BaseFolder = FlareExports.Base } });

        var report = ParityVerifier.Verify(output, Reference("add_relu"));
        Assert.IsTrue(report.Passed, string.Join('\n', report.Tensors));
        Assert.IsNull(ModelManifest.Read(output).Merged);
    }

    [TestMethod]
    public void Export_RunWith4BitWeights_ComputesWithTheirNumbers()
    {
        using var folder = new TemporaryFolder();
        var plain = FlareExports.Complete("add_relu", folder, (builder, key, values, shape) =>
            builder.Add(key, "F32", shape, [.. Rounded(values).SelectMany(BitConverter.GetBytes)]));
        Directory.Move(plain, folder.File("rounded"));
        var packed = FlareExports.Complete("add_relu", folder, Add4Bits);

        var outputs = new[] { folder.File("rounded"), packed }.Select((run, i) =>
        {
            ModelExporter.Export(run, folder.File($"model{i}"), new ExportOptions { Flare = new FlareOptions { BaseFolder = FlareExports.Base } });
            return File.ReadAllBytes(folder.File($"model{i}/model.onnx.data"));
        }).ToArray();

        CollectionAssert.AreEqual(outputs[0], outputs[1]);
    }

    [TestMethod]
    [DataRow("add_relu")]
    [DataRow("matmul_relu")]
    [DataRow("cross-attention")]
    public void Run_MorePadding_ChangesNothingWhereItIsMasked(string name)
    {
        using var folder = new TemporaryFolder();
        var model = FlareExports.Export(name, folder);
        var manifest = ModelManifest.Read(model);
        using var run = new FusionRun(model, manifest);
        using var reference = new FusionReference(Reference(name), manifest);
        var (source, target) = (
            reference.Rows("input_ids_source", "attention_mask_source"), reference.Rows("input_ids_target", "attention_mask_target"));

        var before = Masked(source, target);
        var after = Masked(Padded(source), Padded(target));

        for (var i = 0; i < before.Length; i++)
            Assert.AreEqual(before[i], after[i], 3e-5);

        float[] Masked(EncoderRows source, EncoderRows target) =>
            run.Run(FusionRows.Masked(target, source, run.SourceStates(source)), ["logits"])[0];
    }

    [TestMethod]
    public void Run_AnotherSource_ChangesTheResultAndNoSourceIsPlainLora()
    {
        using var folder = new TemporaryFolder();
        var model = FlareExports.Export("add_relu", folder);
        var manifest = ModelManifest.Read(model);
        using var run = new FusionRun(model, manifest);
        using var reference = new FusionReference(Reference("add_relu"), manifest);
        var (source, target) = (
            reference.Rows("input_ids_source", "attention_mask_source"), reference.Rows("input_ids_target", "attention_mask_target"));

        var fused = run.Run(FusionRows.Released(target, run.SourceStates(source)), ["logits"])[0];
        var other = run.Run(FusionRows.Released(target, run.SourceStates(target)), ["logits"])[0];
        var alone = run.Run(FusionRows.Alone(target), ["logits"])[0];
        var zeros = run.Run(FusionRows.Released(target, []), ["logits"])[0];

        Assert.IsGreaterThan(0.1, fused.Zip(other, (a, b) => Math.Abs(a - b)).Max());
        Assert.IsGreaterThan(0.1, fused.Zip(alone, (a, b) => Math.Abs(a - b)).Max());
        Assert.IsGreaterThan(1e-3, alone.Zip(zeros, (a, b) => Math.Abs(a - b)).Max(), "a source of zeros is none of plain LoRA");
    }

    [TestMethod]
    public void Export_WhatDoesNotFit_IsOneMessage()
    {
        using var folder = new TemporaryFolder();

        StringAssert.Contains(Refusal<ArgumentException>(() => FlareExports.Export("matmul_relu", folder, taskRun: null)), "--task-run");
        StringAssert.Contains(Refusal<ArgumentException>(() => FlareExports.Export("task", folder, taskRun: "qa-task")), "none before it");
        StringAssert.Contains(Refusal<ArgumentException>(() => FlareExports.Export("add_relu", folder, "matmul_relu")), "\"lora\"");
        StringAssert.Contains(Refusal<NotSupportedException>(() => ModelExporter.Export(
            FlareExports.Run("add_relu", folder), folder.File("none"))), "--base");
        StringAssert.Contains(Refusal<InvalidDataException>(() => ModelExporter.Export(FlareExports.Recorded("task"), folder.File("none"),
            new ExportOptions { Flare = new FlareOptions { BaseFolder = Repository.Data("models", "xlm-roberta") } })), "another base");
        Assert.IsFalse(Directory.Exists(folder.File("none")));
    }

    private static string Refusal<T>(Action export)
        where T : Exception => Assert.ThrowsExactly<T>(export).Message;

    private static string Reference(string run) => FlareExports.Recorded(run, "expected.safetensors");

    private static EncoderRows Padded(EncoderRows rows)
    {
        const int More = 5;
        long[] Pad(long[] values, long padding) => [.. values.Chunk(rows.Length).SelectMany(r => r.Concat(Enumerable.Repeat(padding, More)))];
        return new EncoderRows(rows.Count, rows.Length + More, Pad(rows.InputIds, 1), Pad(rows.AttentionMask, 0), null);
    }

    // 16 values, and a scale for each 64 numbers
    private static readonly float[] Values = [.. Enumerable.Range(0, 16).Select(i => (i - 7.5f) / 7.5f)];

    private static float[] Rounded(float[] values)
    {
        var scales = Scales(values);
        return [.. values.Select((v, i) => Values[Code(v, scales[i / 64])] * scales[i / 64])];
    }

    private static void Add4Bits(TorchPickleBuilder builder, string key, float[] values, long[] shape)
    {
        var scales = Scales(values);
        var codes = values.Select((v, i) => Code(v, scales[i / 64])).ToArray();
        var state = System.Text.Encoding.UTF8.GetBytes(
            $$"""{"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [{{shape[0]}}, {{shape[1]}}]}""");
        builder.Add(key, "U8", [codes.Length / 2, 1], [.. codes.Chunk(2).Select(c => (byte)((c[0] << 4) | c[1]))])
            .Add(key + ".absmax", "F32", [scales.Length], MemoryMarshal.AsBytes(scales.AsSpan()))
            .Add(key + ".quant_map", "F32", [16], MemoryMarshal.AsBytes(Values.AsSpan()))
            .Add(key + ".quant_state.bitsandbytes__nf4", "U8", [state.Length], state);
    }

    private static float[] Scales(float[] values) => [.. values.Chunk(64).Select(block => block.Max(Math.Abs))];

    private static int Code(float value, float scale) => (int)Math.Round(value / scale * 7.5f + 7.5f);
}
