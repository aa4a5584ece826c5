namespace XlLoraOnnx.Cli.Tests;

/// <summary>A Dockerfile as its instructions, in their order.</summary>
internal sealed class Dockerfile
{
    private Dockerfile(IReadOnlyList<(string Name, string Text)> instructions) => Instructions = instructions;

    /// <summary>Continued lines are joined, comments left out.</summary>
    public IReadOnlyList<(string Name, string Text)> Instructions { get; }

    /// <summary>Files and folders of the repository that are copied, relative to its root.</summary>
    public IEnumerable<string> CopiedSources => All("COPY").Where(rest => !rest.StartsWith("--from=", StringComparison.Ordinal))
        .SelectMany(rest => rest.Split(' ')[..^1]);

    /// <summary>The line that makes the program, as a shell reads it.</summary>
    public string Publish => All("RUN").Single(rest => rest.StartsWith("dotnet publish ", StringComparison.Ordinal));

    /// <summary>The program and its first arguments.</summary>
    public string[] EntryPoint => System.Text.Json.JsonSerializer.Deserialize<string[]>(All("ENTRYPOINT").Single())!;

    /// <param name="name">Within <c>deploy</c>.</param>
    /// <exception cref="InvalidDataException">A line is no instruction.</exception>
    public static Dockerfile Read(string name)
    {
        var instructions = new List<(string, string)>();
        var joined = "";
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "deploy", name)).Select(l => l.Trim()))
        {
            if (line.StartsWith('#') || (line.Length == 0 && joined.Length == 0))
                continue;
            joined += line.TrimEnd('\\');
            if (line.EndsWith('\\'))
                continue;
            if (joined.Split(' ', 2) is not [{ Length: > 0 } instruction, var rest] || !instruction.All(char.IsAsciiLetterUpper))
                throw new InvalidDataException($"{name}: '{joined}' is no instruction.");
            instructions.Add((instruction, rest.Trim()));
            joined = "";
        }
        return joined.Length == 0 ? new Dockerfile(instructions) : throw new InvalidDataException($"{name} ends within '{joined}'.");
    }

    public IEnumerable<string> All(string instruction) => Instructions.Where(i => i.Name == instruction).Select(i => i.Text);
}
