namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TrainingResumeTests
{
    private static readonly TrainingOptions Options = new()
    {
        Epochs = 2,
        LearningRate = 0.05,
        SaveSteps = 2,
        EvalSteps = 2,
        LoadBestModelAtEnd = true,
        Threads = 2,
    };

    private static float[] _weights = [];
    private static byte[] _csv = [];
    private static byte[] _svg = [];
    private static List<RunPoint> _points = [];
    private static double _best;

    /// <summary>A run that nothing disturbs, and the points that it passes.</summary>
    [ClassInitialize]
    public static void RunUndisturbed(TestContext context)
    {
        using var folder = new TemporaryFolder();
        // the best score is that of step 3, in the middle
        using (var first = Task())
        {
            var history = TrainingLoop.Run(first, Options, folder.File("first"), cancellationToken: context.CancellationToken).History;
            _best = history.Steps[3].Loss;
        }
        using var task = Task();
        List<RunPoint> points = [];
        RunFaults.At = (point, _) => points.Add(point);
        try
        {
            var result = TrainingLoop.Run(task, Options, folder.File("run"), cancellationToken: context.CancellationToken);
            Assert.AreEqual(3, result.WeightsOfStep);
        }
        finally
        {
            RunFaults.At = null;
        }
        (_weights, _points) = (task.Weights, points);
        (_csv, _svg) = (File.ReadAllBytes(folder.File("run/curves.csv")), File.ReadAllBytes(folder.File("run/curves.svg")));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    [DataRow(5)]
    public void Run_CancelledBeforeAnyStep_EndsWithTheSameBits(int step)
    {
        using var folder = new TemporaryFolder();
        using var cancel = new CancellationTokenSource();
        using var task = Task(before: s =>
        {
            if (s == step)
                cancel.Cancel();
        });
        var message = Assert.ThrowsExactly<OperationCanceledException>(() =>
            TrainingLoop.Run(task, Options, folder.File("run"), cancellationToken: cancel.Token)).Message;
        StringAssert.Contains(message, $"Cancelled after step {step} of 6.");
        StringAssert.Contains(message, step == 0 ? "Nothing was trained yet." : folder.File($"run/checkpoint-{step}"));
        AssertSameBits(folder, step == 0 ? null : step);
    }

    [TestMethod]
    [DataRow(0, 0)]
    [DataRow(1, 2)]
    [DataRow(2, 3)]
    [DataRow(3, 4)]
    [DataRow(4, 6)]
    public void Run_CancelledInAnEvaluation_MakesItAgain(int evaluation, int step)
    {
        using var folder = new TemporaryFolder();
        using var cancel = new CancellationTokenSource();
        using var task = Task(beforeEvaluation: e =>
        {
            if (e == evaluation)
                cancel.Cancel();
        });
        Assert.ThrowsExactly<OperationCanceledException>(() =>
            TrainingLoop.Run(task, Options, folder.File("run"), cancellationToken: cancel.Token));
        AssertSameBits(folder, step == 0 ? null : step);
    }

    [TestMethod]
    [DataRow(0, 0)]
    [DataRow(1, 0)]
    [DataRow(2, 2)]
    [DataRow(3, 3)]
    [DataRow(4, 4)]
    [DataRow(5, 4)]
    public void Run_DeadInAnyStep_GoesOnFromTheLastCheckpoint(int step, int checkpoint)
    {
        using var folder = new TemporaryFolder();
        using var task = Task(before: s =>
        {
            if (s == step)
                throw new DeadException();
        });
        Assert.ThrowsExactly<DeadException>(() => TrainingLoop.Run(task, Options, folder.File("run")));
        AssertSameBits(folder, checkpoint == 0 ? null : checkpoint);
    }

    [TestMethod]
    public void Run_DeadAtAnyPointOfItsFiles_EndsWithTheSameBits()
    {
        Assert.IsGreaterThan(80, _points.Count);
        for (var dead = 0; dead < _points.Count; dead++)
        {
            using var folder = new TemporaryFolder();
            using (var task = Task())
                Die(dead, () => TrainingLoop.Run(task, Options, folder.File("run")));
            // and once more where it is taken up, a little later
            using (var task = Task())
                Die(7, () => TrainingLoop.Run(task, Options, folder.File("run")));
            AssertSameBits(folder, $"dead at {_points[dead]}, the point {dead} of {_points.Count}");
        }
    }

    [TestMethod]
    public void Run_TakenUpTwoTimesAtTheEnd_ChangesNothing()
    {
        using var folder = new TemporaryFolder();
        for (var time = 0; time < 3; time++)
        {
            using var task = Task();
            TrainingLoop.Run(task, Options, folder.File("run"));
            CollectionAssert.AreEqual(_weights, task.Weights);
        }
    }

    private static ScriptedTask Task(Action<long>? before = null, Action<int>? beforeEvaluation = null) =>
        new() { Before = before, BeforeEvaluation = beforeEvaluation, Score = distance => -Math.Abs(distance - _best) };

    /// <summary>Ends a run at one of the points; one that passes fewer ends by itself.</summary>
    private static void Die(int at, Action run)
    {
        var passed = 0;
        RunFaults.At = (_, _) =>
        {
            if (passed++ == at)
                throw new DeadException();
        };
        try
        {
            run();
        }
        catch (DeadException)
        {
            Assert.AreEqual(at + 1, passed, "what is dead does nothing");
        }
        finally
        {
            RunFaults.At = null;
        }
    }

    private static void AssertSameBits(TemporaryFolder folder, long? resumedFrom)
    {
        var result = AssertSameBits(folder, "");
        Assert.AreEqual(resumedFrom, result.ResumedFrom);
    }

    private static TrainingResult AssertSameBits(TemporaryFolder folder, string what)
    {
        using var task = Task();
        var result = TrainingLoop.Run(task, Options, folder.File("run"));
        CollectionAssert.AreEqual(_weights, task.Weights, what);
        CollectionAssert.AreEqual(_csv, File.ReadAllBytes(folder.File("run/curves.csv")), what);
        CollectionAssert.AreEqual(_svg, File.ReadAllBytes(folder.File("run/curves.svg")), what);
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.File("run"), "*.partial"), what);
        return result;
    }

    /// <summary>What a killed process does not do after it is killed.</summary>
    private sealed class DeadException : Exception;
}
