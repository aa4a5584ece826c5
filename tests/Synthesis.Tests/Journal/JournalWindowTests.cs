
namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class JournalWindowTests
{
    [TestMethod]
    public void Read_AnyOrder_GivesTheAnswerAtThatPlace()
    {
        using var folder = new TemporaryFolder();
        var offsets = JournalAnswers.Write(folder.Path, 4000);
        using var reader = new JournalReader(JournalAnswers.File(folder.Path));
        var random = new Random(3);
        var at = 0;
        for (var i = 0; i < 20_000; i++)
        {
            // mostly the neighbours, sometimes far away, as attempts that were made later are
            at = random.Next(8) == 0 ? random.Next(4000) : Math.Clamp(at + random.Next(-40, 45), 0, 3999);
            JournalAnswers.AreEqual(JournalAnswers.Make(at), reader.Read(offsets[at]));
        }
    }
}
