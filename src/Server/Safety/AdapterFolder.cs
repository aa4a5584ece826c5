using Microsoft.AspNetCore.Http;

namespace XlLoraOnnx.Server;

/// <summary>The one folder that adapters may be added from; no path leads out of it, neither by .. nor by a link.</summary>
internal sealed class AdapterFolder(string root)
{
    private readonly string _root = Path.TrimEndingDirectorySeparator(Real(Path.GetFullPath(root)));

    /// <returns>The full path of the file itself.</returns>
    /// <exception cref="RequestRefusedException">It lies elsewhere, or is not there.</exception>
    public string Resolve(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
            throw Outside();
        var full = Path.GetFullPath(path, _root);
        if (!IsWithin(full))
            throw Outside();
        if (!File.Exists(full))
            throw RequestRefusedException.Of("path", $"The folder of adapters has no file '{path}'.", "adapter_not_found",
                StatusCodes.Status404NotFound);
        var real = Real(full);
        return IsWithin(real) ? real : throw Outside();

        RequestRefusedException Outside() =>
            RequestRefusedException.Of("path", $"'{path}' lies outside the folder that adapters may be added from.");
    }

    private bool IsWithin(string path) => path.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Every link on the way followed, not only the last.</summary>
    private static string Real(string path)
    {
        var real = Path.GetPathRoot(path)!;
        foreach (var part in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            FileSystemInfo entry = Directory.Exists(real) ? new DirectoryInfo(real) : new FileInfo(real);
            if (entry.ResolveLinkTarget(returnFinalTarget: true) is { } target)
                real = Real(target.FullName);
        }
        return real;
    }
}
