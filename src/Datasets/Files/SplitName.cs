using System.Text.RegularExpressions;

namespace XlLoraOnnx.Datasets;

/// <summary>Which part of a dataset a file is, by its name, as the hub reads names.</summary>
public static partial class SplitName
{
    // datasets, data_files.py; the name of the part comes first
    private static readonly string[][] Known =
        [["train", "training"], ["validation", "valid", "val", "dev"], ["test", "testing", "eval", "evaluation"]];

    private static readonly char[] Between = ['-', '_', '.', ' '];

    /// <returns>Null where the name says nothing.</returns>
    internal static string? Of(string path)
    {
        var name = Path.GetFileName(path);
        var shard = ShardName.Parse(name);
        var stem = shard?.Stem ?? Path.GetFileNameWithoutExtension(DataEndings.Uncompressed(name));
        // The hub takes all that stands before the numbers as the name of the split, where it is a word: en_train.
        if (shard is not null && Word().IsMatch(stem))
            return stem;
        return stem.Split(Between).FirstOrDefault(IsKnown) ?? FolderOf(path) ?? (shard is not null && stem.Length > 0 ? stem : null);
    }

    /// <summary>The part that a word of a name says: <c>train</c>, <c>validation</c> or <c>test</c>.</summary>
    /// <param name="word">In any case.</param>
    /// <returns>Null where it says none.</returns>
    public static string? Canonical(string word) => Known.FirstOrDefault(k => k.Contains(word, StringComparer.OrdinalIgnoreCase))?[0];

    /// <summary>Whether a word names a part of every dataset.</summary>
    internal static bool IsKnown(string word) => Canonical(word) is not null;

    /// <summary>Whether both mean the same: <c>dev</c> is <c>validation</c>.</summary>
    internal static bool AreSame(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase)
        || (Canonical(one) is { } part && part == Canonical(other));

    private static string? FolderOf(string path) =>
        Path.GetFileName(Path.GetDirectoryName(path)) is { } folder && IsKnown(folder) ? folder : null;

    [GeneratedRegex(@"^\w+(\.\w+)*$")]
    private static partial Regex Word();
}
