namespace XlLoraOnnx.Parity.Tests;

/// <summary>A run of FLARE over a decoder: without a source it is the model with a plain adapter, which other graphs compute.</summary>
[TestClass]
public sealed class FlareDecoderTests
{
    private static readonly long[] Prompt = [3, 17, 29, 5, 41, 11, 23];

    [TestMethod]
    [DataRow("llama31")]
    [DataRow("gemma2")]
    public void Run_WithoutASource_GivesWhatThePlainAdapterGives(string model)
    {
        using var folder = new TemporaryFolder();
        var (run, peft) = FlareDecoderRuns.Write(model, folder);
        var fused = folder.File("fused");
        ModelExporter.Export(run, fused, new ExportOptions { Flare = new FlareOptions { BaseFolder = Repository.Data("models", model) } });
        var plain = folder.File("plain");
        ModelExporter.Export(Repository.Data("models", model), plain,
            new ExportOptions { Adapters = new Dictionary<string, string> { ["plain"] = peft } });
        var manifest = ModelManifest.Read(fused);
        using var target = new FusionRun(fused, manifest, showsStates: true);
        using var scoring = new GraphRun(plain, manifest.Dimensions, GraphRoles.Scoring);
        var rows = new EncoderRows(1, Prompt.Length, Prompt, [.. Prompt.Select(_ => 1L)], null);

        var alone = target.Run(FusionRows.Alone(rows), ["logits"])[0];
        var with = target.Run(FusionRows.Released(rows, target.SourceStates(rows)), ["logits"])[0];

        var expected = scoring.Logits(Prompt, Path.Combine(plain, "adapters", "plain.onnx_adapter"));
        Assert.HasCount(expected.Length, alone);
        Assert.IsLessThan(2e-4, expected.Zip(alone, (a, b) => Math.Abs(a - b)).Max());
        Assert.IsGreaterThan(1e-2, with.Zip(alone, (a, b) => Math.Abs(a - b)).Max(), "the source is seen");
        Assert.AreEqual("language_model", manifest.Flare!.Head);
        foreach (var check in FolderVerifier.Verify(fused))
            Assert.AreEqual(FolderCheckOutcome.Passed, check.Outcome, $"{check.Name}: {check.Detail}");
        using var generator = XlLoraModel.Load(fused);
        Assert.IsEmpty(generator.Generator.Adapters, "an adapter that reads two languages is none of a prompt");
    }

    [TestMethod]
    [DataRow("add_relu")]
    [DataRow("matmul")]
    public void Write_InABatch_IsWhatTheRowAloneGives(string fusion)
    {
        using var folder = new TemporaryFolder();
        var exported = FlareDecoderRuns.Export(folder, fusion);
        using var model = new FusionModel(exported, new FusionOptions { Task = "nusax", MaxSourceBytes = 0 });
        TaskRow[] rows =
            [Row(0, [3, 17, 29, 5], [8, 9, 10, 11, 12, 13]), Row(1, [41, 11, 23, 7, 19, 31], [5, 6]), Row(2, [3, 17, 29], null)];
        var writer = new FusionWriter(model, FusionSchedule.Stepwise, stops: false);

        var together = writer.Write(rows, 4, CancellationToken.None);

        for (var i = 0; i < rows.Length; i++)
            CollectionAssert.AreEqual(writer.Write([rows[i]], 4, CancellationToken.None)[0], together[i], $"row {i}");
        CollectionAssert.AreNotEqual(writer.Write([rows[0] with { Source = null }], 4, CancellationToken.None)[0], together[0]);
        var released = new FusionWriter(model, FusionSchedule.Released, stops: false).Write(rows, 4, CancellationToken.None);
        CollectionAssert.AreEqual(together[2], released[2], "without a source there is no schedule");
    }

    [TestMethod]
    [DataRow("llama31", "add_relu", FusionSchedule.Stepwise)]
    [DataRow("gemma2", "matmul", FusionSchedule.Stepwise)]
    [DataRow("gemma2", "matmul_relu", FusionSchedule.Released)]
    public void Write_TokenAfterToken_IsWhatReadingAllAgainGives(string model, string fusion, object schedule)
    {
        using var folder = new TemporaryFolder();
        var exported = FlareDecoderRuns.Export(folder, fusion, model);
        int[] target = [3, 17, 29, 5, 41, 11], source = [8, 9, 10, 11, 12, 13];
        const int Tokens = 6;
        using var writing = new FusionModel(exported, new FusionOptions { Task = "nusax", MaxSourceBytes = 0 });
        var writer = new FusionWriter(writing, (FusionSchedule)schedule, stops: false);

        var written = writer.Write([Row(0, target, source), Row(1, [7, 8, 9], [5])], Tokens, CancellationToken.None)[0];

        using var whole = new FusionRun(exported, ModelManifest.Read(exported), showsStates: true);
        int[] read = [.. source, .. Again(source, Tokens, rows => whole.RunBase(FusionRows.Alone(rows), ["logits"])[0])[..^1]];
        var states = whole.SourceStates(Unpadded(read));
        var expected = Again(target, Tokens, rows => whole.Run(new FusionRows(rows, [.. rows.InputIds.Select(_ => 1L)],
            [.. rows.InputIds.Select((_, at) => Math.Max(1L, at - target.Length + 2))],
            [.. states.Select(s => Scheduled(s, rows.Length))]), ["logits"])[0]);
        CollectionAssert.AreEqual(expected, written);

        float[] Scheduled(float[] layer, int length)
        {
            var size = layer.Length / read.Length;
            return [.. Enumerable.Range(0, length)
                .Select(at => schedule is FusionSchedule.Released ? read.Length - 1 : Math.Min(at, read.Length - 1))
                .SelectMany(at => layer[(at * size)..((at + 1) * size)])];
        }
    }

    [TestMethod]
    public void Run_RowsThatGoOn_SeeWhatTheyHaveRead()
    {
        using var folder = new TemporaryFolder();
        var exported = FlareDecoderRuns.Export(folder, "add_relu");
        using var run = new FusionRun(exported, ModelManifest.Read(exported));
        using var cache = run.NewCache();
        run.Run(FusionRows.Alone(new EncoderRows(3, 2, [3, 17, 29, 5, 41, 11], [1, 1, 1, 1, 1, 1], null)), ["logits"], cache: cache);

        cache.Keep([2, 0]);
        var next = new EncoderRows(2, 1, [9, 14], [1, 1, 1, 1, 1, 1], null);
        var together = run.Run(FusionRows.Next(next, [0, 0], []), ["logits"], cache: cache)[0];

        float[] alone = [.. run.Run(FusionRows.Alone(Unpadded([41, 11, 9])), ["logits"])[0],
            .. run.Run(FusionRows.Alone(Unpadded([3, 17, 14])), ["logits"])[0]];
        Assert.HasCount(alone.Length, together);
        Assert.IsLessThan(1e-4, alone.Zip(together, (a, b) => Math.Abs(a - b)).Max());
    }

    [TestMethod]
    public void Write_MoreThanTheModelHasPositionsFor_IsTheCallersFault()
    {
        using var folder = new TemporaryFolder();
        using var model = new FusionModel(FlareDecoderRuns.Export(folder, "add_relu"), new FusionOptions { Task = "nusax" });

        var e = Assert.ThrowsExactly<ArgumentException>(() => new FusionWriter(model, FusionSchedule.Stepwise)
            .Write([Row(0, [3, 17], null)], model.ContextLength, CancellationToken.None));

        StringAssert.Contains(e.Message, $"2 tokens and {model.ContextLength} more");
    }

    [TestMethod]
    public void Write_GraphThatCannotGoOn_IsToBeExportedAgain()
    {
        using var folder = new TemporaryFolder();
        var exported = FlareDecoderRuns.Export(folder, "add_relu");
        var manifest = Path.Combine(exported, ModelManifest.FileName);
        TestFolders.Edit(manifest, m => m["graphs"]!["fusion"] = m["graphs"]!["fusion.hidden"]!.DeepClone());
        using var model = new FusionModel(exported, new FusionOptions { Task = "nusax" });

        var e = Assert.ThrowsExactly<InvalidDataException>(() =>
            new FusionWriter(model, FusionSchedule.Stepwise).Write([Row(0, [3, 17], [8])], 4, CancellationToken.None));

        StringAssert.Contains(e.Message, "past_key_values.N.key");
        StringAssert.Contains(e.Message, "xport the run again");
    }

    [TestMethod]
    public void Run_TokensThatAreWritten_ChangeNothingBeforeThem()
    {
        using var folder = new TemporaryFolder();
        var exported = FlareDecoderRuns.Export(folder, "matmul");
        using var run = new FusionRun(exported, ModelManifest.Read(exported), showsStates: true);
        var prompt = new EncoderRows(1, Prompt.Length, Prompt, [.. Prompt.Select(_ => 1L)], null);
        long[] longer = [.. Prompt, 9, 14];
        var both = new EncoderRows(1, longer.Length, longer, [.. longer.Select(_ => 1L)], null);
        var states = run.SourceStates(both);
        var first = states.Select(s => s[..(s.Length / longer.Length * Prompt.Length)]).ToArray();

        var before = run.Run(FusionRows.Released(prompt, first), ["last_hidden_state"])[0];
        var behind = FusionRows.Released(both, states) with { TargetMask = [1, 1, 1, 1, 1, 1, 1, 2, 3] };
        var numbered = run.Run(behind, ["last_hidden_state"])[0];
        var alike = run.Run(FusionRows.Released(both, states), ["last_hidden_state"])[0];

        Assert.IsLessThan(1e-5, before.Zip(numbered, (a, b) => Math.Abs(a - b)).Max());
        Assert.IsGreaterThan(1e-3, before.Zip(alike, (a, b) => Math.Abs(a - b)).Max(), "what goes through together is summed up");
    }

    [TestMethod]
    public async Task Classify_Decoder_WritesItsLabel()
    {
        using var folder = new TemporaryFolder();
        var exported = FlareDecoderRuns.Export(folder, "add_relu");
        using var classifier = TextClassifier.Load(exported, new FusionOptions { MaxNewTokens = 4 });
        ClassificationRequest request = new() { Text = new TaskText("Rai ya fi"), Source = new TaskText("Life is better") };

        var result = (await classifier.ClassifyAsync([request]))[0];
        using var same = TextClassifier.Load(exported, new FusionOptions { Labels = [result.GeneratedText!, "other"], MaxNewTokens = 4 });
        var named = (await same.ClassifyAsync([request]))[0];

        Assert.IsNull(result.Label, "random weights write none of the labels");
        Assert.AreEqual("nusax", classifier.Task);
        Assert.AreEqual((0, result.GeneratedText), (named.Label, named.LabelName));
    }

    private static TaskRow Row(int index, int[] target, int[]? source) =>
        new(index, new EncodedTask(target, default, [], false), source, null);

    private static EncoderRows Unpadded(int[] ids) =>
        new(1, ids.Length, [.. ids.Select(id => (long)id)], [.. ids.Select(_ => 1L)], null);

    /// <summary>The likeliest tokens, everything read again for each.</summary>
    /// <param name="logits">Of every position.</param>
    private static int[] Again(int[] prompt, int tokens, Func<EncoderRows, float[]> logits)
    {
        var ids = prompt.ToList();
        while (ids.Count < prompt.Length + tokens)
        {
            var all = logits(Unpadded([.. ids]));
            var last = all.AsSpan(all.Length / ids.Count * (ids.Count - 1));
            ids.Add(System.Numerics.Tensors.TensorPrimitives.IndexOfMax(last));
        }
        return [.. ids[prompt.Length..]];
    }
}
