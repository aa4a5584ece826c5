using System.CommandLine;
using System.CommandLine.Parsing;
using System.Reflection;

namespace XlLoraOnnx.Cli;

/// <summary>Writes a command as a script for Slurm instead of running it.</summary>
/// <param name="shares">Whether several processes share what the command does; else one task does it alone.</param>
/// <param name="usesGpus">Whether the command has <c>--devices</c>.</param>
internal sealed class SlurmOptions(bool shares = true, bool usesGpus = true)
{
    private readonly Option<string?> _script = new("--slurm")
    {
        Description = shares ? "Write this command as a Slurm array script instead of running it: tasks that share the run by leases."
            : "Write this command as a Slurm script instead of running it: one task, which goes on later when its time is up.",
        HelpName = "SCRIPT",
    };

    private readonly Option<int?> _tasks = new("--tasks") { Description = "Of --slurm: tasks of the array. Default: 1.", HelpName = "N" };

    private readonly Option<int?> _gpus = new("--gpus-per-task")
    {
        Description = "Of --slurm: GPUs of each task; all of them are used, unless --devices says which. Default: 0.",
        HelpName = "N",
    };

    private readonly Option<string?> _time = new("--time")
    {
        Description = "Of --slurm: time limit of a task, such as 04:00:00; what it has not done by then it goes on with later.",
        HelpName = "TIME",
    };

    private readonly Option<string?> _partition = new("--partition") { Description = "Of --slurm: partition.", HelpName = "NAME" };

    private readonly Option<string?> _container = new("--container")
    {
        Description = "Of --slurm: image with the program, run by apptainer.",
        HelpName = "IMAGE",
    };

    public void AddTo(Command command)
    {
        foreach (var option in Ours)
            command.Add(option);
    }

    /// <summary>Writes the script of a command whose tasks share a run, where one is asked for, and says how it is submitted.</summary>
    /// <param name="input">Of the command; null without one.</param>
    /// <param name="shard">That the user has given.</param>
    /// <param name="database">Likewise.</param>
    /// <returns>Whether one was.</returns>
    /// <exception cref="ArgumentException">The options do not go together.</exception>
    public bool TryWrite(ParseResult parse, string? model, string? input, string run, string? shard, string? database)
    {
        if (!IsAsked(parse))
            return false;
        if (shard is not null)
            throw new ArgumentException("--shard divides the rows beforehand, and tasks of --slurm share them by leases. Leave it out.");
        if (database is not null)
            throw new ArgumentException("--run shares the rows through a database, and tasks of --slurm by the folder of --output. Leave "
                + "one of them out.");
        Write(parse, model, run, input is null ? [] : [input]);
        return true;
    }

    /// <summary>The same of a command that one process does alone.</summary>
    /// <param name="model">The model folder, of which nodes take copies; null for none.</param>
    /// <param name="inputs">Files and folders that must be there.</param>
    public bool TryWrite(ParseResult parse, string? model, params string[] inputs)
    {
        if (!IsAsked(parse))
            return false;
        Write(parse, model, run: null, inputs);
        return true;
    }

    /// <exception cref="ArgumentException">Something is said of it, and no script is asked for.</exception>
    public bool IsAsked(ParseResult parse)
    {
        if (parse.GetValue(_script) is not null)
            return true;
        return parse.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(o => Ours.Contains(o.Option)) is not { } alone ? false
            : throw new ArgumentException($"{alone.Option.Name} is of --slurm; give a script to write, or leave it out.");
    }

    private void Write(ParseResult parse, string? model, string? run, string[] inputs)
    {
        var path = parse.GetValue(_script)!;
        var full = Path.GetFullPath(path);
        if (File.Exists(full) || Directory.Exists(full))
            throw new ArgumentException($"'{path}' exists already, and may have been edited. Delete it, or give another name.");
        // a mistake should not wait in a queue for hours
        if (model is not null)
            ModelInfo.Read(model);
        if (inputs.FirstOrDefault(i => !File.Exists(i) && !Directory.Exists(i)) is { } missing)
            throw new FileNotFoundException($"The input '{missing}' does not exist.");
        var script = Script(parse, full, model, run);
        File.WriteAllText(full, script.ToString());
        Console.Out.WriteLine(run is null
            ? $"""
              wrote   {path}: one task
              submit  sbatch {path}
              """
            : $"""
              wrote   {path}: {Quantities.Count(script.Tasks)} {(script.Tasks == 1 ? "task" : "tasks")} on {run}
              submit  sbatch {path}
              watch   xllora-onnx status {run} --watch
              """);
    }

    private Option[] Ours =>
        [_script, .. shares ? [_tasks] : (Option[])[], .. usesGpus ? [_gpus] : (Option[])[], _time, _partition, _container];

    private SlurmScript Script(ParseResult parse, string path, string? model, string? run)
    {
        var (tasks, gpus) = (parse.GetValue(_tasks) ?? 1, parse.GetValue(_gpus) ?? 0);
        if (tasks is < 1 or > 100_000)
            throw new ArgumentException($"--tasks is {tasks}; it must be from 1 to 100,000.");
        if (gpus is < 0 or > 64)
            throw new ArgumentException($"--gpus-per-task is {gpus}; it must be from 0 to 64.");
        var container = parse.GetValue(_container);
        List<string> arguments = [.. WithoutOurs(parse)];
        // each task sees its own GPUs only, and counts them from 0
        if (gpus > 0 && !arguments.Contains("--devices"))
            arguments.AddRange(["--devices", string.Join(',', Enumerable.Range(0, gpus).Select(g => $"cuda:{g}"))]);
        string[] program = container is null ? Itself()
            : ["apptainer", "exec", .. gpus > 0 ? (string[])["--nv"] : [], "--bind", "/tmp", "--bind", Directory.GetCurrentDirectory(),
                container, "xllora-onnx"];
        return new SlurmScript(program, arguments, model, run, path)
        {
            WorkingFolder = Directory.GetCurrentDirectory(),
            Tasks = tasks,
            GpusPerTask = gpus,
            Time = parse.GetValue(_time) is { } time ? SlurmTime.Parse(time) : null,
            Partition = parse.GetValue(_partition),
        };
    }

    /// <summary>The command line, as the user wrote it, but for what is said of Slurm.</summary>
    private IEnumerable<string> WithoutOurs(ParseResult parse)
    {
        var names = Ours.Select(o => o.Name).ToHashSet();
        var skips = false;
        foreach (var token in parse.Tokens)
        {
            var wasOurs = skips;
            skips = token.Type == TokenType.Option && names.Contains(token.Value);
            if (!skips && !(wasOurs && token.Type == TokenType.Argument))
                yield return token.Value;
        }
    }

    /// <summary>As this process was started; by its name where that is enough.</summary>
    private static string[] Itself()
    {
        const string Name = "xllora-onnx";
        return Path.GetFileNameWithoutExtension(Environment.ProcessPath) == Name ? [Name]
            : ["dotnet", Assembly.GetExecutingAssembly().Location];
    }
}
