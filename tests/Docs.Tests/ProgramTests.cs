namespace XlLoraOnnx.Docs.Tests;

/// <summary>Every block of C# in the documentation is a program that compiles without a warning, runs and prints something.</summary>
[TestClass]
public sealed class ProgramTests
{
    public static IEnumerable<object[]> Programs =>
        Documentation.Blocks("csharp").Select(b => new object[] { b.File, b.Line });

    [TestMethod]
    [DynamicData(nameof(Programs))]
    public async Task Program_OfAPage_CompilesAndRuns(string file, int line)
    {
        var block = Documentation.Blocks("csharp").Single(b => b.File == file && b.Line == line);
        var program = DocumentedProgram.Compile(block);
        using var workspace = new Workspace(block.Text, []);

        var (exitCode, printed) = await workspace.PrintedAsync(() =>
        {
            program.Run();
            return Task.FromResult(0);
        });

        Assert.AreEqual(0, exitCode, $"{block.Where}: {printed}");
        Assert.IsFalse(string.IsNullOrWhiteSpace(printed), $"{block.Where} prints nothing.");
    }

    [TestMethod]
    public void Compile_NameThatIsNotThere_SaysTheLineOfThePage()
    {
        var block = new MarkdownBlock("page.md", 10, "csharp", "var a = 1;\nConsole.WriteLine(a + b);\n");

        var e = Assert.ThrowsExactly<InvalidDataException>(() => DocumentedProgram.Compile(block));

        StringAssert.StartsWith(e.Message, "page.md, line 12: ");
    }
}
