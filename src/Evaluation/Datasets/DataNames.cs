using System.Text.RegularExpressions;

namespace XlLoraOnnx.Evaluation;

/// <summary>Task, split, subset and languages from the options, or else from the names of file and folder.</summary>
internal static partial class DataNames
{
    private const string DefaultSplit = "test";
    private const string DefaultSubset = "default";
    private static readonly string[] Splits = ["test", "dev", "validation", "train"];

    private static readonly (string Part, string Task)[] KnownTasks =
    [
        ("semrel", "SemRel24STS"), ("sts17", "STS17"), ("korsts", "KorSTS"), ("belebele", "BelebeleRetrieval"),
        ("indicqa", "IndicQARetrieval"), ("miracl", "MIRACLRetrievalHardNegatives"),
    ];

    /// <param name="path">The file or folder of the data.</param>
    /// <param name="task">The task that the layout belongs to; null where many tasks have it.</param>
    /// <param name="split">The split that the data itself names.</param>
    /// <param name="subset">The subset that the data itself names.</param>
    public static DataName Find(string path, EvaluationOptions options, string? task = null, string? split = null, string? subset = null)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var name = Path.GetFileName(full);
        var stem = Directory.Exists(full) ? name : ShardName.Parse(name)?.Stem ?? Path.GetFileNameWithoutExtension(name);
        var parent = Parent(full);
        var words = Words(stem);
        var language = words.FirstOrDefault(w => LanguageNames.Of(w).Count > 0);
        subset = options.Subset ?? subset ?? language ?? DefaultSubset;
        split = options.Split ?? split ?? words.FirstOrDefault(w => Splits.Contains(w)) ?? DefaultSplit;
        task = options.TaskName ?? task ?? Known(stem) ?? Known(parent) ??
            (words.Any(w => w != language && !Splits.Contains(w)) ? stem : parent);
        var languages = options.Languages.Count > 0 ? options.Languages : LanguageNames.Of(task == "KorSTS" ? "ko" : subset);
        return new DataName(
            FileSafe(task, "task"), FileSafe(split, DefaultSplit), FileSafe(subset, DefaultSubset),
            languages.Count > 0 ? languages : [LanguageNames.Undetermined]);
    }

    /// <summary>The folder that the data lies in; folders of one language or split each lie in that of the task.</summary>
    private static string Parent(string path)
    {
        var folder = Path.GetDirectoryName(path);
        var name = Path.GetFileName(folder) ?? "";
        // the hub keeps the files of a dataset in "data"
        return LanguageNames.Of(name).Count > 0 || Splits.Contains(name) || name == "data" ? Path.GetFileName(Path.GetDirectoryName(folder)) ?? "" : name;
    }

    private static List<string> Words(string stem) => [.. Word().Matches(stem).Select(m => m.Value)];

    private static string? Known(string name)
    {
        var letters = string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
        return KnownTasks.FirstOrDefault(t => letters.Contains(t.Part, StringComparison.Ordinal)).Task;
    }

    private static string FileSafe(string name, string otherwise)
    {
        var safe = Unsafe().Replace(name, "_").Trim('.', '_');
        return safe.Length == 0 ? otherwise : safe;
    }

    // hau_Latn and ko-ko are one word each, hau_test and dev.ko are two.
    [GeneratedRegex("[a-z]{3}_[A-Z][a-z]{3}(?![a-z])|(?<![A-Za-z])[a-z]{2,3}-[a-z]{2,3}(?![A-Za-z])|[^_. -]+")]
    private static partial Regex Word();

    [GeneratedRegex("[^A-Za-z0-9._-]")]
    private static partial Regex Unsafe();
}
