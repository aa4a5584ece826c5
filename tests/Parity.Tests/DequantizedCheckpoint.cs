using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>
/// The reference model gemma3-text in float32, each weight as it is after quantisation: what a quantised export must compute.
/// </summary>
internal static class DequantizedCheckpoint
{
    private const string Embedding = "model.embed_tokens.weight";
    private static readonly string Source = Repository.Data("models", "gemma3-text");

    /// <param name="formatOf">Format of a tensor by its name; null where it is not quantised.</param>
    /// <param name="untied">Gives the model a head of its own: the rows of the embedding in reverse.</param>
    public static string Write(string folder, Func<string, ExportPrecision?> formatOf, int blockSize, bool symmetric, bool untied)
    {
        Directory.CreateDirectory(folder);
        foreach (var path in Directory.EnumerateFiles(Source, "*.json").Where(p => !p.EndsWith("index.json", StringComparison.Ordinal)))
            File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
        if (untied)
            Untie(Path.Combine(folder, "config.json"));

        var builder = new SafetensorsBuilder();
        foreach (var path in Directory.EnumerateFiles(Source, "model-*.safetensors").Order())
        {
            using var file = SafetensorsFile.Open(path);
            foreach (var (name, tensor) in file.Tensors)
            {
                var values = file.ReadFloat32(name);
                Add(name, values, tensor.Shape);
                if (untied && name == Embedding)
                    Add("lm_head.weight", values.Reverse().ToArray(), tensor.Shape);
            }
        }
        builder.Save(Path.Combine(folder, "model.safetensors"));
        return folder;

        void Add(string name, float[] values, IReadOnlyList<long> shape)
        {
            if (formatOf(name) is { } format)
                values = RoundTrip(values, (int)shape[1], format, blockSize, symmetric);
            builder.Add(name, "F32", [.. shape], MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    private static float[] RoundTrip(float[] weight, int columns, ExportPrecision format, int blockSize, bool symmetric)
    {
        var restored = new float[weight.Length];
        for (var begin = 0; begin < weight.Length; begin += columns)
        {
            var row = weight.AsSpan(begin, columns);
            var target = restored.AsSpan(begin, columns);
            if (format == ExportPrecision.Nf4)
                RoundTripNf4(new Nf4Quantizer(blockSize), row, target);
            else
                RoundTripBlocks(new BlockQuantizer(format == ExportPrecision.Int4 ? 4 : 8, blockSize, symmetric), row, target);
        }
        return restored;
    }

    private static void RoundTripNf4(Nf4Quantizer quantizer, ReadOnlySpan<float> row, Span<float> target)
    {
        var (codes, absMaxima) = (new byte[Nf4Quantizer.CodeBytes(row.Length)], new float[quantizer.Blocks(row.Length)]);
        quantizer.Codes(row, codes);
        quantizer.AbsMaxima(row, absMaxima);
        quantizer.Dequantize(codes, absMaxima, target);
    }

    private static void RoundTripBlocks(BlockQuantizer quantizer, ReadOnlySpan<float> row, Span<float> target)
    {
        var padded = new float[quantizer.PaddedColumns(row.Length)];
        row.CopyTo(padded);
        var (codes, scales) = (new byte[quantizer.CodeBytes(row.Length)], new float[quantizer.Blocks(row.Length)]);
        var zeroPoints = quantizer.Symmetric ? [] : new byte[quantizer.ZeroPointBytes(row.Length)];
        quantizer.Codes(padded, codes);
        quantizer.Scales(padded, scales);
        if (!quantizer.Symmetric)
            quantizer.ZeroPoints(padded, zeroPoints);
        quantizer.Dequantize(codes, scales, zeroPoints, target);
    }

    private static void Untie(string configPath)
    {
        var config = JsonNode.Parse(File.ReadAllText(configPath))!.AsObject();
        config["tie_word_embeddings"] = false;
        File.WriteAllText(configPath, config.ToJsonString());
    }
}
