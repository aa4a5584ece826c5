using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>
/// <c>RUN/leases</c>: <c>00012-3.lease</c> is the third claim on shard 12, and the highest claim is the one that counts;
/// <c>00012.done</c> says that the shard is finished.
/// </summary>
/// <remarks>
/// Who creates the next claim has the lease: creating a file that must not exist is the one step in which of several processes exactly one
/// succeeds, on shared disks too. No claim is ever renamed or overwritten by another process, so that nobody can take away a lease that
/// somebody else has just taken, however long he was suspended between looking and acting.
/// </remarks>
internal sealed class LeaseFolder(string runFolder)
{
    private const string LeaseExtension = ".lease";
    private const string DoneExtension = ".done";

    /// <summary>A file with a higher number was not made by this tool.</summary>
    private const int MaxClaims = 1_000_000_000;

    private readonly string _path = Path.Combine(runFolder, "leases");

    public void Create() => Directory.CreateDirectory(_path);

    public string Claim(string name, int number) =>
        Path.Combine(_path, string.Create(CultureInfo.InvariantCulture, $"{name}-{number}{LeaseExtension}"));

    public string Done(string name) => Path.Combine(_path, name + DoneExtension);

    /// <summary>What is there now.</summary>
    public LeaseListing List()
    {
        Dictionary<string, int> claims = new(StringComparer.Ordinal);
        HashSet<string> done = new(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(_path))
        {
            var file = Path.GetFileName(path);
            var stem = Path.GetFileNameWithoutExtension(file);
            int dash = stem.LastIndexOf('-');
            if (file.EndsWith(DoneExtension, StringComparison.Ordinal))
                done.Add(stem);
            else if (file.EndsWith(LeaseExtension, StringComparison.Ordinal) && dash > 0
                && int.TryParse(stem.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                && number < MaxClaims)
                claims[stem[..dash]] = Math.Max(number, claims.GetValueOrDefault(stem[..dash]));
        }

        return new LeaseListing(claims, done);
    }

    /// <summary>Deletes claims below a number, and what their heartbeats left.</summary>
    public void DeleteBelow(string name, int number)
    {
        foreach (var path in Directory.EnumerateFiles(_path, name + "-*"))
        {
            var end = Path.GetFileName(path.AsSpan())[(name.Length + 1)..];
            int digits = end.IndexOfAnyExceptInRange('0', '9');
            if (digits > 0 && int.TryParse(end[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int found) && found < number)
                RunFiles.Delete(path);
        }
    }
}

/// <param name="Claims">Name → number of the highest claim.</param>
/// <param name="Done">Names that are finished.</param>
internal sealed record LeaseListing(IReadOnlyDictionary<string, int> Claims, IReadOnlySet<string> Done)
{
    public int Claim(string name) => Claims.GetValueOrDefault(name);
}
