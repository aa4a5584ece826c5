using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Training;

/// <summary>What tells training data from other data.</summary>
internal static class DataSum
{
    /// <returns>SHA-256 of the file, in hexadecimal digits; of several, of the lines that <c>sha256sum</c> writes of them in their
    /// order.</returns>
    public static async Task<string> OfAsync(IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        var sums = new List<string>();
        foreach (var path in files)
        {
            var file = File.OpenRead(path);
            await using (file.ConfigureAwait(false))
                sums.Add(Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false)));
        }
        return sums.Count == 1 ? sums[0] : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            string.Concat(sums.Zip(files, (sum, path) => $"{sum}  {Path.GetFileName(path)}\n")))));
    }
}
