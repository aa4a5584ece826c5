using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Cli;

/// <summary>A command as a Slurm job: an array of tasks that share the rows of one run folder, or one task that writes its output
/// alone.</summary>
/// <param name="Program">How the program is started: a word of a command line each.</param>
/// <param name="Arguments">Of the program, without what is said of Slurm.</param>
/// <param name="Model">The argument that names the model folder, of which a copy is made on each node; null without one.</param>
/// <param name="Run">The run folder, or the table beside it, as the command has it; null where tasks share none.</param>
/// <param name="Script">Full path of the script.</param>
internal sealed record SlurmScript(
    IReadOnlyList<string> Program, IReadOnlyList<string> Arguments, string? Model, string? Run, string Script)
{
    /// <summary>Before the end of its time: rows that run come to their end, and leases are given back.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(120);

    public required string WorkingFolder { get; init; }

    public int Tasks { get; init; } = 1;

    public int GpusPerTask { get; init; }

    public SlurmTime? Time { get; init; }

    public string? Partition { get; init; }

    public override string ToString()
    {
        var text = new StringBuilder();
        var name = Path.GetFileName(Script);
        Header(text, name);
        text.Append("\nset -euo pipefail\n");
        if (Model is not null)
            Copy(text, Model);
        Command(text);
        return text.ToString();
    }

    private void Header(StringBuilder text, string name)
    {
        text.Append("#!/bin/bash\n").Append(Run is null ? Alone(name) : Sharing(name, Run)).Append(CultureInfo.InvariantCulture, $"""
            # What else your cluster asks for (account, memory, cores) are more lines like these.
            #SBATCH --job-name={Path.GetFileNameWithoutExtension(name)}

            """);
        if (Run is not null)
            text.Append(CultureInfo.InvariantCulture, $"#SBATCH --array=0-{Tasks - 1}\n");
        text.Append("#SBATCH --ntasks=1\n");
        if (GpusPerTask > 0)
            text.Append(CultureInfo.InvariantCulture, $"#SBATCH --gpus-per-task={GpusPerTask}\n");
        if (Time is not null)
            text.Append(CultureInfo.InvariantCulture, $"#SBATCH --time={Time.Text}\n");
        if (Partition is not null)
            text.Append(CultureInfo.InvariantCulture, $"#SBATCH --partition={Partition}\n");
        var log = Path.Combine(
            Path.GetDirectoryName(Script)!, Path.GetFileNameWithoutExtension(name) + (Run is null ? "-%j.log" : "-%A_%a.log"));
        text.Append(CultureInfo.InvariantCulture, $"""
            #SBATCH --requeue
            #SBATCH --signal=B:TERM@{(int)(Time?.Notice(Notice) ?? Notice).TotalSeconds}
            #SBATCH --open-mode=append
            #SBATCH --chdir={Directive(WorkingFolder)}
            #SBATCH --output={Directive(log)}

            """);
    }

    private static string Sharing(string name, string run) => $"""
        # A run of xllora-onnx as a Slurm array. All tasks share the rows of one run folder by leases: any of them may end, be killed or
        # be added at any time, and the last one writes the outputs.
        # "sbatch {ShellWord.Of(name)}" begins the run or goes on with it, and adds tasks to one that runs.
        # "xllora-onnx status {ShellWord.Of(run)} --watch" says how far it is.

        """;

    private static string Alone(string name) => $"""
        # A command of xllora-onnx as a Slurm job. One task writes the output; when it is stopped, what it has done stays beside it.
        # "sbatch {ShellWord.Of(name)}" begins, or goes on where the last one stopped.

        """;

    private static void Copy(StringBuilder text, string model) => text.Append(CultureInfo.InvariantCulture, $$$"""

        # The weights are read from the node's own disk: one copy for all tasks there, made by whichever comes first, kept for the next job.
        # XLLORA_LOCAL= (nothing) reads them where they are.
        model={{{ShellWord.Of(model)}}}
        local=${XLLORA_LOCAL-${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/xllora-$UID}
        if [[ -n $local ]]; then
            local=$local/$(sha256sum < "$model/xllora.json" | cut -c 1-16)
            if mkdir -p "$local" && (
                flock 9
                [[ -e $local/whole ]] || { cp -rL "$model" "$local/" && touch "$local/whole"; }
            ) 9> "$local/lock"; then
                model=$local/$(basename "$model")
            else
                rm -rf "$local/$(basename "$model")"
                echo "the weights could not be copied to $local; they are read where they are" >&2
            fi
        fi

        """);

    private void Command(StringBuilder text)
    {
        var words = Program.Select(ShellWord.Of).Concat(Arguments.Select((a, i) =>
            Model is not null && a == Model && i > 0 && Arguments[i - 1] is "--model" or "-m" ? "\"$model\"" : ShellWord.Of(a)));
        var (ends, atOnce, others, task) = Run is null
            ? ("ends", "end it at once", ".", "$SLURM_JOB_ID")
            : ("lets its rows end", "end the rows", "; meanwhile the others have its rows.", "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID");
        text.Append(CultureInfo.InvariantCulture, $$"""

            # Slurm tells the shell when the time is nearly up, and the shell tells the program, which {{ends}} and exits with 130.
            # Once, since a second signal would {{atOnce}}, and also if it comes before the program has a number here.
            stopped= program= told=
            tell() { [[ -z $program || -n $told ]] || { told=1; kill -TERM "$program" 2> /dev/null || true; }; }
            trap 'stopped=1; tell' TERM
            {{string.Join(' ', words)}} &
            program=$!
            [[ -z $stopped ]] || tell
            while :; do
                code=0
                wait "$program" || code=$?
                # the signal ends the waiting, and not yet the program
                ((code > 128)) && kill -0 "$program" 2> /dev/null || break
            done

            # Stopped by the clock and not by scancel, the same task goes on later{{others}}
            task={{task}}
            if [[ -n $stopped && $code -ne 0 && $(squeue --noheader --jobs "$task" --format %T) == RUNNING ]]; then
                scontrol requeue "$task"
            fi
            exit "$code"

            """);
    }

    /// <summary>As sbatch reads a value.</summary>
    private static string Directive(string path) => path.Contains(' ', StringComparison.Ordinal) ? $"\"{path}\"" : path;
}
