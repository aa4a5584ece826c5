namespace XlLoraOnnx.Formats;

/// <summary>
/// Symbolic links in a folder that comes from elsewhere. A link could make us read, or copy into an export, any file of this machine. The
/// Hugging Face cache is made of links, though: <c>snapshots/REVISION/file</c> points to <c>../../blobs/HASH</c>.
/// </summary>
public static class FolderLinks
{
    /// <param name="path">A file; the folder that it lies in may itself be reached through links.</param>
    /// <exception cref="InvalidDataException">It is a link to somewhere else.</exception>
    public static void Check(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is null)
            return;
        var folder = file.DirectoryName!;
        string target;
        try
        {
            target = file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        }
        catch (IOException e)
        {
            throw new InvalidDataException($"'{path}' is a symbolic link that leads nowhere: {e.Message}", e);
        }
        if (IsWithin(folder, target) || IsWithin(RealPath(folder), target) || IsBlob(folder, target) || IsBlob(RealPath(folder), target))
            return;
        throw new InvalidDataException(
            $"'{path}' is a symbolic link to '{target}'. Allowed are links to files of the same folder, and those of a Hugging Face cache "
            + "(snapshots/REVISION/file to ../../blobs/HASH). Put the file itself in its place.");
    }

    private static bool IsWithin(string folder, string target) =>
        target.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static bool IsBlob(string folder, string target)
    {
        // files of a repository's own folders lie deeper: snapshots/REVISION/adapters/file
        for (var revision = folder; Path.GetDirectoryName(revision) is { } parent; revision = parent)
        {
            if (Path.GetFileName(parent) == "snapshots")
                return Path.GetDirectoryName(target) == Path.Combine(Path.GetDirectoryName(parent)!, "blobs");
        }
        return false;
    }

    private static string RealPath(string folder) =>
        new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder;
}
