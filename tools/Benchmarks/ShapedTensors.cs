using System.Globalization;
using System.Text.Json;

namespace XlLoraOnnx.Benchmarks;

/// <summary>Safetensors files with true headers and random numbers, in shards as the published ones.</summary>
internal static class ShapedTensors
{
    private const long ShardBytes = 5_000_000_000;
    private const int TileBytes = 1 << 20;
    private const float Spread = 0.02f;

    /// <param name="stem">Of the files: <c>model</c> makes model.safetensors, or model-00001-of-00002.safetensors and their index.</param>
    /// <param name="bytesEach">2 for bfloat16, 4 for float32.</param>
    /// <param name="fill">Bytes at the beginning of a tensor that get numbers; the rest is a hole in the file, which
    /// reads as zeros.</param>
    /// <param name="repeated">Whether the numbers of a file repeat with each tile.</param>
    public static void Write(string folder, string stem, IReadOnlyList<(string Name, long[] Shape)> tensors, int bytesEach,
        Func<string, long> fill, bool repeated = false)
    {
        var shards = Shards(tensors, bytesEach);
        if (shards.Count == 1)
        {
            WriteShard(Path.Combine(folder, stem + ".safetensors"), tensors, bytesEach, fill, repeated);
            return;
        }
        var weightMap = new Dictionary<string, string>();
        for (var i = 0; i < shards.Count; i++)
        {
            var file = string.Create(CultureInfo.InvariantCulture, $"{stem}-{i + 1:00000}-of-{shards.Count:00000}.safetensors");
            WriteShard(Path.Combine(folder, file), shards[i], bytesEach, fill, repeated);
            foreach (var (name, _) in shards[i])
                weightMap.Add(name, file);
        }
        var index = new { metadata = new { }, weight_map = weightMap };
        File.WriteAllText(Path.Combine(folder, stem + ".safetensors.index.json"), JsonSerializer.Serialize(index));
    }

    private static List<List<(string Name, long[] Shape)>> Shards(IReadOnlyList<(string Name, long[] Shape)> tensors, int bytesEach)
    {
        var shards = new List<List<(string, long[])>> { new() };
        long bytes = 0;
        foreach (var tensor in tensors)
        {
            if (bytes > 0 && bytes + Bytes(tensor.Shape, bytesEach) > ShardBytes)
            {
                shards.Add([]);
                bytes = 0;
            }
            bytes += Bytes(tensor.Shape, bytesEach);
            shards[^1].Add(tensor);
        }
        return shards;
    }

    private static long Bytes(long[] shape, int bytesEach) => shape.Aggregate((long)bytesEach, (a, b) => a * b);

    private static void WriteShard(
        string path, IReadOnlyList<(string Name, long[] Shape)> tensors, int bytesEach, Func<string, long> fill, bool repeated)
    {
        var header = new Dictionary<string, object>();
        long end = 0;
        foreach (var (name, shape) in tensors)
        {
            var begin = end;
            end += Bytes(shape, bytesEach);
            header.Add(name, new { dtype = bytesEach == 2 ? "BF16" : "F32", shape, data_offsets = new[] { begin, end } });
        }
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        file.Write(BitConverter.GetBytes((long)json.Length));
        file.Write(json);
        var random = new Random(1);
        var tile = new byte[TileBytes];
        if (repeated)
            Fill(tile, random, bytesEach);
        var start = file.Position;
        foreach (var (name, shape) in tensors)
        {
            var bytes = Bytes(shape, bytesEach);
            WriteTiles(file, tile, repeated ? null : random, Math.Min(fill(name), bytes), bytesEach);
            file.Position = start += bytes;
        }
        file.SetLength(start);
    }

    /// <param name="random">Null for the tile as it is, again and again.</param>
    private static void WriteTiles(FileStream file, byte[] tile, Random? random, long bytes, int bytesEach)
    {
        for (; bytes > 0; bytes -= TileBytes)
        {
            var count = (int)Math.Min(bytes, TileBytes);
            if (random is not null)
                Fill(tile.AsSpan(0, count), random, bytesEach);
            file.Write(tile, 0, count);
        }
    }

    private static void Fill(Span<byte> tile, Random random, int bytesEach)
    {
        for (var i = 0; i < tile.Length; i += bytesEach)
        {
            // a float32 whose upper half is the bfloat16 of nearly the same value
            var bits = BitConverter.SingleToUInt32Bits(((float)random.NextDouble() - 0.5f) * 2 * Spread);
            var value = bytesEach == 2 ? bits >> 16 : bits;
            for (var b = 0; b < bytesEach; b++)
                tile[i + b] = (byte)(value >> (8 * b));
        }
    }
}
