using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>How a decoder runs on a device.</summary>
/// <param name="PrefillTokens">Most tokens of a prompt that are read at once.</param>
/// <param name="CudaGraphs">
/// Record the decode step of each number of rows, and play it. A recording keeps addresses, which never change between two reservations,
/// and what the host gave to kernels: the total length, which is therefore always the capacity. It stays in the session for as long as that
/// lives, in the memory of the thread that made it. ONNX Runtime runs a step three times to record it, and refuses a graph of which it
/// cannot run all on CUDA.
/// </param>
/// <param name="RollingCaches">
/// Layers with a window keep no more than that, where slots are longer. On the CPU alone: what ONNX Runtime keeps of them where has not
/// been measured on CUDA.
/// </param>
internal sealed record DecoderDeviceOptions(DeviceName Device, int PrefillTokens, bool CudaGraphs = false, bool RollingCaches = true)
{
    /// <summary>Rows of a slot; several for a beam search.</summary>
    public int Beams { get; init; } = 1;

    /// <summary>Most tokens of a row that are read ahead of its last; 0 for none.</summary>
    public int PromptLookupTokens { get; init; }

    public bool Rolls => RollingCaches && Device.IsCpu;

    public bool RecordsSteps => CudaGraphs && !Device.IsCpu;

    /// <summary>The caller disposes them.</summary>
    public SessionOptions Session()
    {
        // rows and lengths vary: memory planned for one shape is of no use to the next
        var options = QuietSession.Options();
        options.EnableMemoryPattern = false;
        if (Device.Cuda is not { } number)
            return options;
        using var cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(new Dictionary<string, string>
        {
            ["device_id"] = number.ToString(CultureInfo.InvariantCulture),
            ["arena_extend_strategy"] = "kSameAsRequested",
            ["enable_cuda_graph"] = CudaGraphs ? "1" : "0",
        });
        options.AppendExecutionProvider_CUDA(cuda);
        return options;
    }
}
