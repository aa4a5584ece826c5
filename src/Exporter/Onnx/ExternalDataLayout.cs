using System.Globalization;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// Where the initializers of a graph lie in one data file. Offsets are multiples of 4096, and of 65536 for tensors from 1 MiB on, so that
/// they can be mapped on every system; the gaps are zero.
/// </summary>
internal static class ExternalDataLayout
{
    private const long PageAlignment = 4096;
    private const long MapAlignment = 65536;
    private const long MapThreshold = 1 << 20;

    /// <summary>Gives every tensor its place, in the graph too.</summary>
    /// <returns>The offsets and the length of the file.</returns>
    public static (long[] Offsets, long FileBytes) Place(IReadOnlyList<ExternalTensor> tensors, string location)
    {
        var offsets = new long[tensors.Count];
        long position = 0;
        for (var i = 0; i < tensors.Count; i++)
        {
            var alignment = tensors[i].Bytes >= MapThreshold ? MapAlignment : PageAlignment;
            offsets[i] = checked(position + alignment - 1) / alignment * alignment;
            position = checked(offsets[i] + tensors[i].Bytes);
            foreach (var proto in tensors[i].Aliases.Prepend(tensors[i].Proto))
                Refer(proto, location, offsets[i], tensors[i].Bytes);
        }
        return (offsets, position);
    }

    private static void Refer(TensorProto tensor, string location, long offset, long length)
    {
        tensor.ExternalData.Clear();
        Entry(tensor, "location", location);
        Entry(tensor, "offset", offset.ToString(CultureInfo.InvariantCulture));
        Entry(tensor, "length", length.ToString(CultureInfo.InvariantCulture));
    }

    private static void Entry(TensorProto tensor, string key, string value) =>
        tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
}
