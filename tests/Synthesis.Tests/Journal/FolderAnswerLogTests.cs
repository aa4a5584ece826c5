namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class FolderAnswerLogTests : AnswerLogContract
{
    [TestMethod]
    public async Task ReadNewAsync_JournalThatWasTakenOver_GivesWhatItsDeadOwnerAppended()
    {
        await using var run = Begin();
        var dead = await run.OpenAsync();
        dead.Append(JournalAnswers.Make(1, dead.AddContext(JournalAnswers.Facts)));
        await dead.DisposeAsync();

        var next = await run.OpenAsync();
        var place = next.Append(JournalAnswers.Make(2, next.AddContext(JournalAnswers.Facts)));
        var (part, mark) = (await MarksAsync(next)).Single();

        Assert.AreEqual((place.Part, 1), (part, mark.Tokens), "and not what it has appended itself");
    }

    private protected override OpenLogs Begin() => new InAFolder();

    private sealed class InAFolder : OpenLogs
    {
        private readonly TemporaryFolder _folder = new();

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder.Dispose();
        }

        protected override ValueTask<IAnswerLog> OneMoreAsync() => new(FolderAnswerLog.Open(_folder.Path, JournalAnswers.RunId));
    }
}
