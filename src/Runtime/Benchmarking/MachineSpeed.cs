using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>What the processor can do at most, with a thread for each core: the best of several tries, since whatever else runs only takes
/// away from it.</summary>
internal static class MachineSpeed
{
    private const int Size = 2048, Rows = 2048, Tries = 3;
    private const long LeastBytes = 1 << 20, MostBytes = 512 << 20, BytesOfTry = 1L << 30;

    /// <summary>Bytes a second that all cores read together.</summary>
    /// <param name="bytes">How much is read again and again; what fits into the caches is read from there.</param>
    public static unsafe double BytesPerSecond(long bytes)
    {
        var part = (nuint)(Math.Clamp(bytes, LeastBytes, MostBytes) / Environment.ProcessorCount / Vector<byte>.Count * Vector<byte>.Count);
        var parts = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => (nint)NativeMemory.AlignedAlloc(part, 64)).ToArray();
        try
        {
            // pages that were never written are all the same one
            Parallel.ForEach(parts, p => new Span<byte>((void*)p, (int)part).Fill(1));
            var times = Math.Max(1, BytesOfTry / ((long)part * parts.Length));
            return Best(() => Parallel.ForEach(parts, p => Read((byte*)p, part, times))) * (long)part * parts.Length * times;
        }
        finally
        {
            foreach (var p in parts)
                NativeMemory.AlignedFree((void*)p);
        }
    }

    /// <summary>Multiplications and additions a second of ONNX Runtime's product of large matrices.</summary>
    /// <param name="ofIntegers">The faster of that and of float32, which is what a folder with 8-bit activations can have.</param>
    public static double OperationsPerSecond(bool ofIntegers)
    {
        var floats = Product(ProductGraph.Floats(Rows, Size), TensorElementType.Float, TensorElementType.Float);
        return ofIntegers
            ? Math.Max(floats, Product(ProductGraph.Integers(Rows, Size), TensorElementType.UInt8, TensorElementType.Int8))
            : floats;
    }

    private static double Product(byte[] graph, TensorElementType aType, TensorElementType bType)
    {
        using var options = QuietSession.Options();
        using var session = new InferenceSession(graph, options);
        using var a = Values(aType, Rows);
        using var b = Values(bType, Size);
        using var run = new RunOptions();
        return Best(() => session.Run(run, ["a", "b"], [a, b], ["y"]).Dispose()) * (2.0 * Rows * Size * Size);
    }

    private static OrtValue Values(TensorElementType type, int rows)
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, [rows, Size]);
        // speed does not depend on them, but they must be numbers
        value.GetTensorMutableRawData().Clear();
        return value;
    }

    /// <returns>One over the seconds of the fastest.</returns>
    private static double Best(Action work)
    {
        work();
        var best = double.MaxValue;
        for (var i = 0; i < Tries; i++)
        {
            var started = Stopwatch.GetTimestamp();
            work();
            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        return 1 / Math.Max(best, 1e-9);
    }

    private static unsafe void Read(byte* from, nuint bytes, long times)
    {
        var step = (nuint)Vector<byte>.Count * 4;
        var sum = Vector<byte>.Zero;
        for (var time = 0L; time < times; time++)
        {
            for (nuint i = 0; i + step <= bytes; i += step)
            {
                sum ^= Vector.Load(from + i) ^ Vector.Load(from + i + (nuint)Vector<byte>.Count)
                    ^ Vector.Load(from + i + (nuint)Vector<byte>.Count * 2) ^ Vector.Load(from + i + (nuint)Vector<byte>.Count * 3);
            }
        }
        // so that the loop is not left out
        Volatile.Write(ref _sum, sum[0]);
    }

    private static byte _sum;
}
