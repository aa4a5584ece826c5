using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>Where a session runs, and how many batches side by side.</summary>
/// <param name="Cuda">Number of the CUDA device; null for the CPU.</param>
/// <param name="Threads">Of one batch on the CPU; 0 for as many as there are cores.</param>
internal sealed record EncoderDevice(int? Cuda, int Batches, int Threads)
{
    public bool IsCpu => Cuda is null;

    /// <summary>For messages.</summary>
    public string Place => Cuda is { } number ? string.Create(CultureInfo.InvariantCulture, $" on cuda:{number}") : "";

    /// <param name="name"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <param name="cpuBatches">Side by side on the CPU; null for one for each core.</param>
    public static EncoderDevice Parse(string name, int? cpuBatches)
    {
        var device = DeviceName.Parse(name);
        if (device.IsCpu)
        {
            var batches = cpuBatches ?? Environment.ProcessorCount;
            ArgumentOutOfRangeException.ThrowIfLessThan(batches, 1, nameof(EmbeddingOptions.CpuBatches));
            return new EncoderDevice(null, batches, Math.Max(1, Environment.ProcessorCount / batches));
        }
        return new EncoderDevice(device.Cuda, 1, 0);
    }

    public void Apply(SessionOptions options)
    {
        if (Cuda is { } number)
            options.AppendExecutionProvider_CUDA(number);
        else
            options.IntraOpNumThreads = Threads;
        // batches are of many shapes, and memory planned for one is of no use to the next
        options.EnableMemoryPattern = false;
        // threads that wait in a loop would take the cores from the batch beside
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
    }
}
