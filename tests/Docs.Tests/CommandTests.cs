using System.CommandLine;
using XlLoraOnnx.Cli;

namespace XlLoraOnnx.Docs.Tests;

/// <summary>Every command of the documentation runs, page by page, in the order in which it stands there.</summary>
[TestClass]
public sealed class CommandTests
{
    public static IEnumerable<object[]> PagesWithCommands => DocumentedCommand.All
        .Where(c => c.Skipped is null).Select(c => c.Page).Distinct().Select(page => new object[] { page });

    [TestMethod]
    [DynamicData(nameof(PagesWithCommands))]
    public async Task Commands_OfAPage_Succeed(string page)
    {
        DocumentedCommand[] commands = [.. DocumentedCommand.All.Where(c => c.Page == page && c.Skipped is null)];
        var text = string.Join('\n', commands.Select(c => c.Shell.Text));
        using var workspace = new Workspace(text, commands.SelectMany(c => c.Outputs));

        foreach (var command in commands)
        {
            var (exitCode, printed) = await workspace.RunAsync(command);
            Assert.AreEqual(0, exitCode, $"{command.Shell.Where}: {command.Shell.Text}\n{printed}");
        }
    }

    [TestMethod]
    public void Command_OfEveryPage_IsKnownAndItsOptionsAreValid()
    {
        var wrong = DocumentedCommand.All.Select(c => (Command: c, Problem: c.Problem())).Where(c => c.Problem is not null)
            .Select(c => $"{c.Command.Shell.Where}: {c.Problem}\n  {c.Command.Shell.Text}");

        Assert.AreEqual("", string.Join('\n', wrong));
    }

    [TestMethod]
    public void List_OfWhatIsNotRunAsItStands_HasNothingThatTheDocumentationDoesNotSay()
    {
        var said = DocumentedCommand.All.Select(c => c.Shell.Text).ToHashSet();

        var stale = NotRunHere.Reasons.Keys.Concat(NotRunHere.Shortened.Keys).Where(text => !said.Contains(text));
        Assert.AreEqual("", string.Join('\n', stale));
    }

    [TestMethod]
    public void Verb_OfTheProgram_IsShownAndRuns()
    {
        var shown = DocumentedCommand.All.Where(c => c.Skipped is null or NotRunHere.Serves && c.Arguments is not null).Select(Verb)
            .ToHashSet();

        var missing = XlLoraCommand.Create().Subcommands.SelectMany(Verbs).Where(v => !shown.Contains(v));
        Assert.AreEqual("", string.Join('\n', missing));
    }

    /// <summary>A command that only holds others does nothing by itself.</summary>
    private static IEnumerable<string> Verbs(Command command) =>
        [.. command.Action is null ? (string[])[] : [command.Name], .. command.Subcommands.Select(s => $"{command.Name} {s.Name}")];

    private static string Verb(DocumentedCommand command)
    {
        var result = XlLoraCommand.Create().Parse([.. command.Arguments!]).CommandResult;
        return result.Parent is System.CommandLine.Parsing.CommandResult { Command: not RootCommand } parent
            ? $"{parent.Command.Name} {result.Command.Name}"
            : result.Command.Name;
    }
}
