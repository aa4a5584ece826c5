using System.ComponentModel;
using System.Diagnostics;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>The lock of a journal against a real other process that is killed.</summary>
[TestClass]
public sealed class JournalLockTests
{
    [TestMethod]
    public async Task TryLock_ProcessThatHoldsItIsKilled_IsFreeAtOnce()
    {
        using var folder = new TemporaryFolder();
        JournalAnswers.Write(folder.Path, 3);
        var journals = new JournalFolder(folder.Path);
        var dead = journals.ReadOwner(1)!;
        Assert.IsTrue(journals.IsDead(dead));
        using var holder = Hold(Path.ChangeExtension(JournalAnswers.File(folder.Path), ".lock"));
        try
        {
            await holder.StandardOutput.ReadLineAsync(CancellationToken.None);
            Assert.IsNull(journals.TryLock(1));
            Assert.IsFalse(journals.IsDead(dead));
            using (var other = RunJournal.Open(folder.Path, JournalAnswers.RunId))
                Assert.AreEqual(JournalAnswers.File(folder.Path, 2), other.Path);
        }
        finally
        {
            holder.Kill();
        }

        await holder.WaitForExitAsync(CancellationToken.None);
        Assert.IsTrue(journals.IsDead(dead));
        using var journal = RunJournal.Open(folder.Path, JournalAnswers.RunId);
        Assert.AreEqual(JournalAnswers.File(folder.Path), journal.Path);
        Assert.IsTrue(journals.IsRealLock(1));
        Assert.IsTrue(journals.IsDead(dead), "its journal is another's now");
        Assert.IsFalse(journals.IsDead(journal.Owner));
    }

    /// <summary>Takes the same lock as .NET does for a file that nobody may share, says so, and keeps it.</summary>
    private static Process Hold(string path)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("flock", ["--no-fork", "--exclusive", path, "sh", "-c", "echo held; exec sleep 60"])
            {
                RedirectStandardOutput = true,
            })!;
        }
        catch (Win32Exception e)
        {
            Assert.Inconclusive($"There is no other process to hold the lock: the program flock is missing ({e.Message}).");
            throw;
        }
    }
}
