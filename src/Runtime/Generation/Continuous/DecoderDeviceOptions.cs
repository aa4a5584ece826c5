using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>How a decoder runs on a device.</summary>
/// <param name="PrefillTokens">Most tokens of a prompt that are read at once.</param>
/// <param name="CudaGraphs">Record the decode step of each number of rows, and play it.</param>
internal sealed record DecoderDeviceOptions(DeviceName Device, int PrefillTokens, bool CudaGraphs = false)
{
    /// <summary>The caller disposes them.</summary>
    public SessionOptions Session()
    {
        // rows and lengths vary: memory planned for one shape is of no use to the next
        var options = new SessionOptions { EnableMemoryPattern = false };
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
