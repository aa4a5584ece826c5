using System.Text.RegularExpressions;

namespace XlLoraOnnx.Datasets;

/// <summary>Which part of a dataset a file is, by its name, as the hub reads names.</summary>
internal static partial class SplitName
{
    private static readonly string[][] Known =
        [["train", "training"], ["validation", "valid", "val", "dev"], ["test", "testing", "eval", "evaluation"]];

    private static readonly char[] Between = ['-', '_', '.', ' '];

    /// <returns>Null where the name says nothing.</returns>
    public static string? Of(string path)
    {
        var name = Path.GetFileName(path);
        var shard = ShardName.Parse(name);
        var stem = shard?.Stem ?? Path.GetFileNameWithoutExtension(DataEndings.Uncompressed(name));
        // The hub takes all that stands before the numbers as the name of the split, where it is a word: en_train.
        if (shard is not null && Word().IsMatch(stem))
            return stem;
        return stem.Split(Between).FirstOrDefault(IsKnown) ?? FolderOf(path) ?? (shard is not null && stem.Length > 0 ? stem : null);
    }

    /// <summary>Whether a word names a part of every dataset.</summary>
    public static bool IsKnown(string word) => Known.Any(k => k.Contains(word, StringComparer.OrdinalIgnoreCase));

    /// <summary>Whether both mean the same: <c>dev</c> is <c>validation</c>.</summary>
    public static bool AreSame(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase)
        || Known.Any(k => k.Contains(one, StringComparer.OrdinalIgnoreCase) && k.Contains(other, StringComparer.OrdinalIgnoreCase));

    private static string? FolderOf(string path) =>
        Path.GetFileName(Path.GetDirectoryName(path)) is { } folder && IsKnown(folder) ? folder : null;

    [GeneratedRegex(@"^\w+(\.\w+)*$")]
    private static partial Regex Word();
}
