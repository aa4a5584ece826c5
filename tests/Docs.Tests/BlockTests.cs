using System.Text.Json;
using System.Xml.Linq;

namespace XlLoraOnnx.Docs.Tests;

/// <summary>Every block of code says what it is, and is that.</summary>
[TestClass]
public sealed class BlockTests
{
    /// <summary>Commands, programs and data are checked; <c>text</c> only shows something.</summary>
    private static readonly string[] Languages = ["bash", "csharp", "json", "xml", "text"];

    [TestMethod]
    public void Block_OfEveryPage_IsOfAKnownLanguage()
    {
        var others = Documentation.Pages.SelectMany(p => p.Blocks).Where(b => !Languages.Contains(b.Language))
            .Select(b => $"{b.Where}: '{b.Language}'; known are {string.Join(", ", Languages)}");

        Assert.AreEqual("", string.Join('\n', others));
    }

    [TestMethod]
    public void Block_OfData_IsWellFormed()
    {
        foreach (var block in Documentation.Blocks("json"))
        {
            using var document = JsonDocument.Parse(block.Text);
            Assert.AreNotEqual(JsonValueKind.Undefined, document.RootElement.ValueKind, block.Where);
        }
        foreach (var block in Documentation.Blocks("xml"))
            Assert.IsNotNull(XElement.Parse(block.Text), block.Where);
    }

    [TestMethod]
    public void Parse_BlockThatIsNotClosed_IsRefusedWithItsLine()
    {
        var e = Assert.ThrowsExactly<InvalidDataException>(() => new MarkdownFile("a.md", "text\n```bash\nls\n"));

        Assert.AreEqual("a.md, line 2: the block is not closed.", e.Message);
    }

    [TestMethod]
    public void Parse_ReadmeOfTheProject_HasAtMost120Lines() =>
        Assert.IsLessThanOrEqualTo(120, Documentation.PageText("README.md").Split('\n').Length);
}
