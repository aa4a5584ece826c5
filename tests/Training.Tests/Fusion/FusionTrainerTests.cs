using System.Runtime.InteropServices;

namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class FusionTrainerTests
{
    private static readonly TrainingOptions Training =
        FusionTrainingOptions.TrainingDefaults with { Epochs = 3, BatchSize = 2, SaveSteps = 2, LearningRate = 1e-2, Threads = 1 };

    [TestMethod]
    [DataRow(FusionFunction.AddRelu, TextTask.Xnli)]
    [DataRow(FusionFunction.CrossAttention, TextTask.NusaX)]
    [DataRow(FusionFunction.MatMul, TextTask.TyDiQa)]
    [DataRow(null, TextTask.Xnli)]
    public void Train_ItsFolder_IsExportedToWhatWasTrained(FusionFunction? fusion, TextTask task)
    {
        using var folder = new TemporaryFolder();
        var data = FusionModels.Table(folder, task);
        var options = FusionModels.Options(fusion, task) with { DevData = data };

        var report = FusionTrainer.Train(FusionModels.Base, data, folder.File("out"), options, Training, parts => new FusionTask(parts));

        Assert.AreEqual((6, Training.Epochs * report.StepsPerEpoch), (report.Modules, (int)report.Steps));
        Assert.IsFalse(Directory.Exists(report.Folder + ".partial"));
        foreach (var name in (string[])["README.md", "adapter_config.json", "adapter_model.safetensors", "flare_config.json", "curves.csv"])
            Assert.IsTrue(File.Exists(Path.Combine(report.Folder, name)), name);
        Assert.HasCount(report.ScoresBefore.Count, report.ScoresAfter);
        AssertExportIsTheSame(folder, report.Folder, data, options);
    }

    [TestMethod]
    public void Train_FromATaskRunOfOurOwn_GoesOnFromIt()
    {
        using var folder = new TemporaryFolder();
        var data = FusionModels.Table(folder);
        var english = FusionTrainer.Train(FusionModels.Base, data, folder.File("task"), FusionModels.Options(fusion: null), Training,
            parts => new FusionTask(parts));
        var options = FusionModels.Options() with { TaskRunFolder = english.Folder };

        var report = FusionTrainer.Train(FusionModels.Base, data, folder.File("out"), options, Training, parts => new FusionTask(parts));

        using var task = FlareRun.Open(english.Folder);
        Assert.AreEqual(FlareRun.TaskAdapter, task.Adapter);
        using var run = FlareRun.Open(report.Folder);
        Assert.AreEqual("flare-add_relu", run.Adapter);
        AssertExportIsTheSame(folder, report.Folder, data, options);
        var e = Assert.ThrowsExactly<ArgumentException>(() => FusionTrainer.Train(FusionModels.Base, data, folder.File("third"),
            options with { TaskRunFolder = report.Folder }, Training, parts => new FusionTask(parts)));
        StringAssert.Contains(e.Message, "flare-add_relu");
    }

    [TestMethod]
    public void Train_WithATranslationModel_TrainsTheProjectionOfItsStates()
    {
        using var folder = new TemporaryFolder();
        var data = FusionModels.Table(folder);
        var translator = ModelExporter.Export(NllbCheckpoint.Write(folder.File("nllb")), folder.File("translator")).Folder;
        var options = FusionModels.Options() with { TranslationModel = translator, TextLanguage = "spa_Latn" };

        var report = FusionTrainer.Train(FusionModels.Base, data, folder.File("out"), options, Training, parts => new FusionTask(parts));

        using var run = FlareRun.Open(report.Folder);
        Assert.AreEqual("flare-fusemt", run.Adapter);
        var dimension = ModelManifest.Read(translator).Dimensions.HiddenSize;
        CollectionAssert.AreEqual((long[])[40, dimension], run.Head["proj.weight"].Tensor.Shape.ToArray());
        using (var preparation = new FusionPreparation(FusionModels.Base, data, options, Training, CancellationToken.None))
        {
            var projection = preparation.Parts.Parameters.Single(p => p.Name == "proj.weight");
            var drawn = projection.Values.ToArray();
            FusionModels.FillFromFolder(preparation.Parts.Parameters, report.Folder);
            CollectionAssert.AreNotEqual(drawn, projection.Values.ToArray());
        }
        var model = ModelExporter.Export(report.Folder, folder.File("model"),
            new ExportOptions { Flare = new FlareOptions { BaseFolder = FusionModels.Base } }).Folder;
        Assert.AreEqual("translation_encoder", ModelManifest.Read(model).Flare!.Source);
    }

    [TestMethod]
    public void Train_Interrupted_EndsWithTheSameFilesWhenTakenUp()
    {
        using var folder = new TemporaryFolder();
        var data = FusionModels.Table(folder);
        FusionTrainingReport Train(string name, Func<FusionTaskParts, ITrainingTask> create) => FusionTrainer.Train(
            FusionModels.Base, data, folder.File(name), FusionModels.Options() with { DevData = data }, Training, create);
        Train("undisturbed", parts => new FusionTask(parts));

        Assert.ThrowsExactly<InvalidOperationException>(() => Train("killed", parts => new Dying(new FusionTask(parts), step: 5)));
        Assert.IsFalse(Directory.Exists(folder.File("killed")));
        var report = Train("killed", parts => new FusionTask(parts));

        Assert.AreEqual(4, report.ResumedFrom);
        foreach (var name in (string[])["adapter_model.safetensors", "adapter_config.json", "flare_config.json", "curves.csv"])
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(folder.File("undisturbed"), name)),
                File.ReadAllBytes(Path.Combine(folder.File("killed"), name)), name);
    }

    [TestMethod]
    public void Train_TakenUpWithAnotherFunction_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var data = FusionModels.Table(folder);
        Assert.ThrowsExactly<InvalidOperationException>(() => FusionTrainer.Train(FusionModels.Base, data, folder.File("out"),
            FusionModels.Options(), Training, parts => new Dying(new FusionTask(parts), step: 3)));

        var e = Assert.ThrowsExactly<IOException>(() => FusionTrainer.Train(FusionModels.Base, data, folder.File("out"),
            FusionModels.Options(FusionFunction.Add), Training, parts => new FusionTask(parts)));

        StringAssert.Contains(e.Message, "fusion_fn (was add_relu, is add)");
    }

    [TestMethod]
    public void Train_WhatDoesNotFit_IsOneMessage()
    {
        using var folder = new TemporaryFolder();
        var data = FusionModels.Table(folder);
        string Refusal<T>(FusionTrainingOptions options, string? rows = null, string? model = null)
            where T : Exception => Assert.ThrowsExactly<T>(() => FusionTrainer.Train(model ?? FusionModels.Base, rows ?? data,
                folder.File("none"), options, Training, parts => new FusionTask(parts))).Message;

        var alone = folder.Write("alone.csv", "premise,hypothesis,label\na,b,0\n");
        StringAssert.Contains(Refusal<InvalidDataException>(FusionModels.Options(), alone), "source language");
        var unlabelled = folder.Write("unlabelled.csv", "premise,hypothesis,source_premise,source_hypothesis\na,b,c,d\n");
        StringAssert.Contains(Refusal<InvalidDataException>(FusionModels.Options(), unlabelled), "label");
        StringAssert.Contains(Refusal<ArgumentException>(FusionModels.Options() with { MaxLength = 400 }), "MaxLength");
        StringAssert.Contains(Refusal<ArgumentException>(FusionModels.Options() with { Rank = 0 }), "Rank");
        var other = FusionModels.Options() with { TaskRunFolder = FusionModels.Recorded("qa-task") };
        StringAssert.Contains(Refusal<InvalidDataException>(other, model: Repository.Data("models", "xlm-roberta")), "another base");
        var bert = Refusal<NotSupportedException>(FusionModels.Options(), model: Repository.Data("models", "bert"));
        StringAssert.Contains(bert, "xlm-roberta and roberta");
        Assert.DoesNotContain("decoders", bert);
        var llama = Refusal<NotSupportedException>(FusionModels.Options(), model: Repository.Data("models", "llama31"));
        StringAssert.Contains(llama, "Those of decoders, which write their answer, are exported");
        Assert.IsFalse(Directory.Exists(folder.File("none")));
    }

    [TestMethod]
    public async Task PlanAsync_CountsAndMeasuresAndWritesNothing()
    {
        using var folder = new TemporaryFolder();
        var data = FusionModels.Table(folder);
        var before = Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories);

        var plan = await FusionTrainer.PlanAsync(FusionModels.Base, data, FusionModels.Options(), Training);

        CollectionAssert.AreEqual(before, Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories));
        Assert.AreEqual((5, 3, 9L, 4), (plan.Rows, plan.StepsPerEpoch, plan.Steps, plan.Texts));
        Assert.AreEqual(6 * 4 * 80 + 40 * 41 + 3 * 41, plan.TrainableParameters);
        Assert.AreEqual(4 * plan.FrozenParameters, plan.FrozenBytes);
        Assert.IsTrue(plan.Fits && plan.ActivationBytes > 0 && plan.StepTime > TimeSpan.Zero);
    }

    /// <summary>The graph of an export, which has its numbers from the folder, against the graph of training.</summary>
    private static void AssertExportIsTheSame(TemporaryFolder folder, string trained, string data, FusionTrainingOptions options)
    {
        var model = folder.File("model");
        ModelExporter.Export(trained, model, new ExportOptions
        {
            Flare = new FlareOptions { BaseFolder = FusionModels.Base, TaskRunFolder = options.TaskRunFolder },
        });
        using var preparation = new FusionPreparation(FusionModels.Base, data, options, Training, CancellationToken.None);
        FusionModels.FillFromFolder(preparation.Parts.Parameters, trained);
        using var task = new FusionTask(preparation.Parts);
        Record(task, preparation.Parts, folder);

        var report = ParityVerifier.Verify(model, folder.File("expected.safetensors"));

        Assert.IsTrue(report.Passed, string.Join('\n', report.Tensors));
        Assert.HasCount(options.AnswersSpans ? 2 : 1, report.Tensors);
        Assert.IsLessThan(1e-4, report.MaxAbsDiff);
    }

    /// <summary>Ids and logits as references of FLARE have them.</summary>
    private static void Record(FusionTask task, FusionTaskParts parts, TemporaryFolder folder)
    {
        var batch = parts.Batches.Largest;
        FusionExample[] rows = [.. batch.DataRows.Select(row => parts.Examples.Items[row])];
        var (inputs, expected) = (new SafetensorsBuilder(), new SafetensorsBuilder());
        foreach (var (side, texts) in new[] { ("target", rows.Select(r => r.Target)), ("source", rows.Select(r => r.Source ?? [])) })
        {
            Add($"input_ids_{side}", texts, 1, id => id);
            Add($"attention_mask_{side}", texts, 0, _ => 1);
        }
        var names = parts.Options.AnswersSpans ? new[] { "start_logits", "end_logits" } : ["logits"];
        foreach (var (name, values) in names.Zip(task.Run(batch).Logits))
            expected.Add((parts.Options.Fusion is null ? "" : "masked.") + name, "F32", [rows.Length, values.Length / rows.Length],
                MemoryMarshal.AsBytes(values.AsSpan()));
        inputs.Save(folder.File($"inputs-{parts.Options.Task.Word()}.safetensors"));
        expected.Save(folder.File("expected.safetensors"));

        void Add(string name, IEnumerable<int[]> texts, long padding, Func<int, long> value)
        {
            long[] all = [.. texts.SelectMany(ids => ids.Select(value).Concat(Enumerable.Repeat(padding, batch.Length - ids.Length)))];
            inputs.Add(name, "I64", [rows.Length, batch.Length], MemoryMarshal.AsBytes(all.AsSpan()));
        }
    }

    /// <summary>A process that dies before a step.</summary>
    private sealed class Dying(FusionTask task, long step) : ITrainingTask, IDisposable
    {
        public IReadOnlyList<Parameter> Parameters => task.Parameters;

        public int StepsPerEpoch => task.StepsPerEpoch;

        public string Fingerprint => task.Fingerprint;

        public StepLoss ComputeGradients(long made, IReadOnlyList<ParameterGradient> gradients, CancellationToken cancellationToken) =>
            made == step ? throw new InvalidOperationException("killed") : task.ComputeGradients(made, gradients, cancellationToken);

        public IReadOnlyList<DevScore> Evaluate(CancellationToken cancellationToken) => task.Evaluate(cancellationToken);

        public void Dispose() => task.Dispose();
    }
}
