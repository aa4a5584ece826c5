using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Runtime.GenAI;

/// <summary>The native runtime has one random stream per batch; it depends on the run seed and on the rows of the batch.</summary>
internal static class BatchSeed
{
    public static int Of(GenerationBatch batch)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(batch.Sampling.Seed));
        hash.AppendData(Encoding.UTF8.GetBytes(batch.Adapter ?? ""));
        foreach (var row in batch.Rows)
            hash.AppendData(BitConverter.GetBytes(row.RandomStream));
        // Only where there is one, so that first attempts draw what they always drew.
        if (batch.Rows.Any(r => r.Attempt != 0))
        {
            foreach (var row in batch.Rows)
                hash.AppendData(BitConverter.GetBytes(row.Attempt));
        }
        return BinaryPrimitives.ReadInt32LittleEndian(hash.GetHashAndReset()) & int.MaxValue;
    }
}
