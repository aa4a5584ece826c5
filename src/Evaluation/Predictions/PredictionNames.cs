using System.Text.RegularExpressions;

namespace XlLoraOnnx.Evaluation;

/// <summary>Under which names results of a file are filed.</summary>
internal static partial class PredictionNames
{
    // folders of NusaX, and the codes of its languages
    private const string NusaX = """
        acehnese=ace balinese=ban banjarese=bjn buginese=bug english=eng indonesian=ind javanese=jav madurese=mad minangkabau=min
        ngaju=nij sundanese=sun toba_batak=bbc
        """;

    private static readonly Dictionary<string, string> NusaXLanguages = NusaX
        .Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(e => e.Split('=')).ToDictionary(e => e[0], e => e[1]);

    public static DataName Find(string path, TextTask task, PredictionOptions options)
    {
        var known = task switch { TextTask.Xnli => "XNLI", TextTask.NusaX => "NusaX-senti", _ => "TyDiQA" };
        return DataNames.Find(path, new EvaluationOptions
        {
            TaskName = options.TaskName ?? known,
            Split = options.Split,
            Subset = options.Subset ?? options.Rows.Language ?? (task == TextTask.NusaX ? LanguageOf(path) : null),
        });
    }

    public static string FileSafe(string name) => Unsafe().Replace(name, "_");

    /// <summary>Null where neither file nor folder is called after one.</summary>
    private static string? LanguageOf(string path)
    {
        var full = Path.GetFullPath(path);
        return Of(Path.GetFileName(full).Split('.')[0]) ?? Of(Path.GetFileName(Path.GetDirectoryName(full)) ?? "");
    }

    private static string? Of(string name)
    {
        string[] words = [name, .. name.Split(['-', '_'])];
        return words.Select(w => NusaXLanguages.GetValueOrDefault(w) ?? (NusaXLanguages.ContainsValue(w) ? w : null))
            .FirstOrDefault(l => l is not null);
    }

    [GeneratedRegex("[^A-Za-z0-9._-]")]
    private static partial Regex Unsafe();
}
