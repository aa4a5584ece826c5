using System.Globalization;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Datasets;

/// <summary>The name of one of several files that are one: <c>train-00000-of-00003.parquet</c>.</summary>
/// <remarks>As the datasets library writes them. All of them together are called <c>train-*-of-00003.parquet</c>.</remarks>
/// <param name="Stem">What stands before the numbers; empty where nothing does.</param>
/// <param name="Index">Null for all of them.</param>
/// <param name="Ending">With its dot.</param>
public sealed partial record ShardName(string Stem, int? Index, int Count, string Ending)
{
    private const string All = "*";

    /// <returns>Null where the file name is none of a shard.</returns>
    public static ShardName? Parse(string name) => Shard().Match(name) is not { Success: true } match ? null : new(
        match.Groups["stem"].Value,
        match.Groups["index"].Value == All ? null : int.Parse(match.Groups["index"].Value, CultureInfo.InvariantCulture),
        int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture), match.Groups["ending"].Value);

    /// <summary>A file name, or that of all of them.</summary>
    public override string ToString()
    {
        var index = Index?.ToString("D5", CultureInfo.InvariantCulture) ?? All;
        return string.Create(CultureInfo.InvariantCulture, $"{Stem}{(Stem.Length > 0 ? "-" : "")}{index}-of-{Count:D5}{Ending}");
    }

    /// <summary>All files of the name, in their order.</summary>
    /// <param name="folder">Where they lie.</param>
    /// <exception cref="FileNotFoundException">One is not there; the message names it.</exception>
    internal IReadOnlyList<string> Files(string folder)
    {
        var files = Enumerable.Range(0, Count).Select(i => Path.Combine(folder, (this with { Index = i }).ToString())).ToList();
        var missing = files.Where(f => !File.Exists(f)).ToList();
        return missing.Count == 0 && files.Count > 0 ? files : throw new FileNotFoundException(
            $"{(missing.Count == 1 ? "A shard is" : $"{missing.Count} of {Count} shards are")} missing: {missing.FirstOrDefault()}. The " +
            $"files of {Path.Combine(folder, (this with { Index = null }).ToString())} are read together; fetch all of them.",
            missing.FirstOrDefault());
    }

    [GeneratedRegex(@"^(?:(?<stem>.*?)-)?(?<index>\d{5}|\*)-of-(?<count>\d{5})(?<ending>\.[^*]+)$")]
    private static partial Regex Shard();
}
