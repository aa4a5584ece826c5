using System.Text.RegularExpressions;

namespace XlLoraOnnx.Evaluation;

/// <summary>Task, split, subset and languages from the options, or else from the names of file and folder.</summary>
internal static partial class DataNames
{
    private const string DefaultSplit = "test";
    private const string DefaultSubset = "default";
    private const string HubFolder = "data";
    private static readonly (string Part, string Task)[] KnownTasks =
    [
        ("semrel", "SemRel24STS"), ("sts17", "STS17"), ("korsts", "KorSTS"), ("belebele", "BelebeleRetrieval"),
        ("indicqa", "IndicQARetrieval"), ("miracl", "MIRACLRetrievalHardNegatives"), ("stsbenchmark", "STSBenchmark"),
    ];

    /// <summary>Languages of tasks that have no subset to name it.</summary>
    private static readonly Dictionary<string, string> TaskLanguages = new() { ["KorSTS"] = "ko", ["STSBenchmark"] = "en" };

    /// <param name="path">The file or folder of the data.</param>
    /// <param name="task">The task that the layout belongs to; null where many tasks have it.</param>
    /// <param name="split">The split that the data itself names.</param>
    /// <param name="subset">The subset that the data itself names.</param>
    /// <param name="usualSplit">The split of the task, where neither data nor names say another.</param>
    public static DataName Find(
        string path, EvaluationOptions options, string? task = null, string? split = null, string? subset = null,
        string usualSplit = DefaultSplit)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var name = Path.GetFileName(full);
        var stem = Directory.Exists(full) ? name : ShardName.Parse(name)?.Stem ?? Path.GetFileNameWithoutExtension(name);
        var words = NameWords.Of(stem);
        var (parent, folder) = Parents(full);
        subset = options.Subset ?? subset ?? options.Card?.Subset ?? words.Language ?? folder.Language ?? DefaultSubset;
        split = options.Split ?? split ?? options.Card?.Split ?? words.Split ?? folder.Split ?? usualSplit;
        task = options.TaskName ?? task ?? Known(stem) ?? Known(parent) ?? (words.Rest.Length > 0 ? words.Rest : parent);
        var languages = options.Languages.Count > 0 ? options.Languages : LanguageNames.Of(TaskLanguages.GetValueOrDefault(task, subset));
        if (languages.Count == 0 && options.Card?.Language is { } language)
            languages = LanguageNames.Of(language);
        return new DataName(
            FileSafe(task, "task"), FileSafe(split, DefaultSplit), FileSafe(subset, DefaultSubset),
            languages.Count > 0 ? languages : [LanguageNames.Undetermined]);
    }

    /// <summary>The folder of the task, and what the folders of a language or a split below it say.</summary>
    private static (string Task, NameWords Folders) Parents(string path)
    {
        const int MaxFolders = 2;
        var said = new NameWords(null, null, "");
        var folder = Path.GetDirectoryName(path);
        for (int i = 0; i < MaxFolders; i++)
        {
            var words = NameWords.Of(Path.GetFileName(folder) ?? "");
            // the hub keeps the files of a dataset in "data"
            if (words.Rest is not ("" or HubFolder) || ((words.Split ?? words.Language) is null && words.Rest.Length == 0))
                break;
            said = new NameWords(said.Split ?? words.Split, said.Language ?? words.Language, "");
            folder = Path.GetDirectoryName(folder);
        }
        return (Path.GetFileName(folder) ?? "", said);
    }

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

    [GeneratedRegex("[^A-Za-z0-9._-]")]
    private static partial Regex Unsafe();
}
