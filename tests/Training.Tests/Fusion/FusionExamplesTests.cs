namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class FusionExamplesTests
{
    // "el pan está aquí", behind two tokens of the question
    private static readonly TokenOffset[] Context = [new(0, 2), new(2, 6), new(6, 9), new(9, 11), new(11, 16)];

    [TestMethod]
    [DataRow(3, 3, 3, 3)]
    [DataRow(0, 2, 2, 2)]
    [DataRow(3, 8, 3, 5)]
    [DataRow(0, 16, 2, 6)]
    public void PlaceOf_PartOfTheContext_IsTheTokensThatHoldIt(int start, int length, int first, int last) =>
        Assert.AreEqual((first, last), FusionExamples.PlaceOf(Context, 2, start, length));

    [TestMethod]
    [DataRow(12, 5)]
    [DataRow(-1, 2)]
    public void PlaceOf_NotAllThere_IsNowhere(int start, int length) => Assert.IsNull(FusionExamples.PlaceOf(Context, 2, start, length));

    [TestMethod]
    public void Encode_AnswerThatIsCutOff_IsTheFirstTokenAndNamed()
    {
        using var folder = new TemporaryFolder();
        var data = FusionModels.Table(folder, TextTask.TyDiQa);
        using var whole = Prepare(data, FusionModels.Options(task: TextTask.TyDiQa));
        using var cut = Prepare(data, FusionModels.Options(task: TextTask.TyDiQa) with { MaxLength = 8 });

        Assert.IsTrue(whole.Parts.Examples.Items.All(e => e.First > 0 && e.Last >= e.First));
        Assert.IsTrue(cut.Parts.Examples.Items.All(e => (e.First, e.Last) == (0, 0)));
        Assert.IsTrue(cut.Parts.Notices.Any(n => n.Contains("do not stand within the tokens", StringComparison.Ordinal)));
        Assert.IsTrue(cut.Parts.Notices.Any(n => n.Contains("more than 8 tokens", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Encode_BothAsOneText_MovesPlacesBehindTheSource()
    {
        using var folder = new TemporaryFolder();
        var data = FusionModels.Table(folder, TextTask.TyDiQa);
        using var apart = Prepare(data, FusionModels.Options(task: TextTask.TyDiQa));
        using var joined = Prepare(data, FusionModels.Options(fusion: null, TextTask.TyDiQa) with { JoinsTexts = true });

        foreach (var (one, both) in apart.Parts.Examples.Items.Zip(joined.Parts.Examples.Items))
        {
            var before = one.Source!.Length - 1;
            CollectionAssert.AreEqual((int[])[.. one.Source[..^1], .. one.Target], both.Target);
            Assert.AreEqual((one.First + before, one.Last + before), (both.First, both.Last));
            Assert.IsNull(both.Source);
        }
    }

    [TestMethod]
    public void Batches_Released_AreAllPaddedToTheSameLength()
    {
        using var folder = new TemporaryFolder();
        var data = FusionModels.Table(folder);
        using var released = Prepare(data, FusionModels.Options() with { Padding = FusionPadding.Released });
        using var masked = Prepare(data, FusionModels.Options());

        Assert.AreEqual(51, released.Parts.Batches[0].Length);
        Assert.IsLessThan(51, masked.Parts.Batches[0].Length);
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 5).ToArray(),
            Enumerable.Range(0, 3).SelectMany(step => masked.Parts.Batches[step].DataRows).ToArray());
    }

    private static FusionPreparation Prepare(string data, FusionTrainingOptions options) =>
        new(FusionModels.Base, data, options, new TrainingOptions { BatchSize = 2 }, CancellationToken.None);
}
