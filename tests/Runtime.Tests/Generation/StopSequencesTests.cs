namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class StopSequencesTests
{
    [TestMethod]
    [DataRow("one. two", ".", "one", true)]
    [DataRow("one. two", "###", "one. two", false)]
    [DataRow("one\n\ntwo", "\n\n|two", "one", true)]
    [DataRow("xabcd", "abcd|c", "xab", true, DisplayName = "the one that is complete first")]
    [DataRow("xabc", "abc|bc|c", "x", true, DisplayName = "of those, the longest")]
    [DataRow("aaab", "aab", "a", true, DisplayName = "a beginning within a beginning")]
    [DataRow("ends in ##", "###", "ends in ##", false)]
    [DataRow("###", "###", "", true)]
    [DataRow("I\u0307stop", "stop", "I\u0307", true)]
    public void Append_HoweverTheTextIsCut_GivesTheSame(string text, string sequences, string expected, bool found)
    {
        for (var size = 1; size <= text.Length; size++)
        {
            var stops = new StopSequences(sequences.Split('|'));
            var given = "";
            foreach (var piece in text.Chunk(size))
            {
                given += stops.Append(new string(piece));
                StringAssert.StartsWith(expected, given, $"pieces of {size}");
            }
            given += stops.Finish();

            Assert.AreEqual(expected, given, $"pieces of {size}");
            Assert.AreEqual(found, stops.Found);
        }
    }

    [TestMethod]
    public void Append_TextThatBeginsNoSequence_IsNotHeldBack()
    {
        var stops = new StopSequences(["</s>"]);

        Assert.AreEqual("abc", stops.Append("abc"));
        Assert.AreEqual("", stops.Append("<"));
        Assert.AreEqual("<b", stops.Append("b"));
    }

    [TestMethod]
    public void New_EmptySequence_IsRefused() => Assert.ThrowsExactly<ArgumentException>(() => new StopSequences(["a", ""]));
}
