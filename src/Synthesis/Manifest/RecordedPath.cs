namespace XlLoraOnnx.Synthesis;

/// <summary>Paths in run.json.</summary>
/// <remarks>
/// Of what lies in the folder where the work is done, as the run does too, the way from the run folder is written: all of it may be moved
/// together; so it is of what lies in the run folder itself. Anything else stays where it is, so that its full path is written: then the
/// run may be moved alone.
/// </remarks>
internal static class RecordedPath
{
    /// <param name="workingFolder">Full path of the folder where the work is done.</param>
    public static string Of(string path, string runFolder, string workingFolder)
    {
        var full = Path.GetFullPath(path, workingFolder);
        return (IsIn(full, workingFolder) && IsIn(runFolder, workingFolder)) || IsIn(full, runFolder)
            ? Path.GetRelativePath(runFolder, full).Replace(Path.DirectorySeparatorChar, '/') : full;
    }

    /// <summary>The full path of what <see cref="Of"/> has written.</summary>
    public static string Full(string recorded, string runFolder) => Path.GetFullPath(recorded, Path.GetFullPath(runFolder));

    private static bool IsIn(string path, string folder)
    {
        var way = Path.GetRelativePath(folder, path);
        return !Path.IsPathRooted(way) && way != ".." && !way.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }
}
