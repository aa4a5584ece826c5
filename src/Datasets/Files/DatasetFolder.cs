namespace XlLoraOnnx.Datasets;

/// <summary>The files of a folder that are one dataset, as the hub lays them out.</summary>
internal static class DatasetFolder
{
    // What the datasets library writes about the data beside them.
    private static readonly string[] Descriptions = ["dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"];

    /// <param name="split">Which part is wanted; null where there is one only.</param>
    /// <returns>At least one, in the order in which they are read.</returns>
    /// <exception cref="FileNotFoundException">There are no data, or a shard is missing.</exception>
    /// <exception cref="InvalidDataException">There are several parts or kinds, and which one is wanted is not said.</exception>
    public static IReadOnlyList<string> Find(string folder, string? split)
    {
        var all = Candidates(folder).ToList();
        if (all.Count == 0)
            all = [.. Directory.EnumerateDirectories(folder).Where(IsOfData).Order(StringComparer.Ordinal).SelectMany(Candidates)];
        if (all.Count == 0)
            throw new FileNotFoundException(
                $"{folder} is a folder without data; give a file, or a folder with files of one kind "
                + $"({string.Join(", ", DataEndings.Known)}).",
                folder);
        var splits = all.GroupBy(f => SplitName.Of(f) ?? "", StringComparer.OrdinalIgnoreCase).ToList();
        // as the hub: where no name says a split, all files are the training data
        if (splits is [{ Key.Length: 0 }] && split is not null && SplitName.AreSame(split, "train"))
            split = null;
        var names = string.Join(", ", splits.Select(s => s.Key.Length == 0 ? "files of no split" : s.Key));
        var wanted = split is null ? splits : [.. splits.Where(s => SplitName.AreSame(s.Key, split))];
        if (wanted.Count == 0)
            throw new InvalidDataException($"{folder} has no split {split}; it has {names}.");
        if (wanted.Count > 1)
            throw new InvalidDataException($"{folder} has several splits: {names}. Choose one of them as the split (--split).");
        return Together(folder, [.. wanted[0]]);
    }

    /// <summary>Files with the shards of one name as one: <c>test-*-of-00002.parquet</c>.</summary>
    public static IEnumerable<string> WithShardsTogether(IEnumerable<string> files) => files
        .Select(f => ShardName.Parse(Path.GetFileName(f)) is { } shard
            ? Path.Combine(Path.GetDirectoryName(f)!, (shard with { Index = null }).ToString()) : f).Distinct();

    private static List<string> Together(string folder, List<string> files)
    {
        var endings = files.Select(DataEndings.Of).Distinct().ToList();
        if (endings.Count > 1)
            throw new InvalidDataException(
                $"{folder} has files of several kinds: {string.Join(", ", endings)}. Give one of the files, or a folder of one kind.");
        var shards = files.Select(f => ShardName.Parse(Path.GetFileName(f))).ToList();
        if (shards.All(s => s is null))
            return files;
        var names = WithShardsTogether(files).ToList();
        return names.Count == 1 ? [.. shards[0]!.Files(Path.GetDirectoryName(files[0])!)] : throw new InvalidDataException(
            $"{folder} has files that do not belong together: "
            + $"{string.Join(", ", names.Select(n => Path.GetFileName(n)))}. Give one of them.");
    }

    private static IEnumerable<string> Candidates(string folder) =>
        Directory.EnumerateFiles(folder).Where(IsData).Order(StringComparer.Ordinal);

    private static bool IsData(string path)
    {
        var name = Path.GetFileName(path);
        return name[0] is not ('.' or '_') && DataEndings.Known.Contains(DataEndings.Of(name)) && !Descriptions.Contains(name);
    }

    private static bool IsOfData(string folder) => Path.GetFileName(folder) is var name && (name == "data" || SplitName.IsKnown(name));
}
