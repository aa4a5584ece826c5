using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// Memory of the device on which sessions run. Addresses are the device's. Calls return when they are done, but for <see cref="Copy"/>.
/// </summary>
internal interface IDeviceMemory : IDisposable
{
    /// <summary>For values that lie in this memory.</summary>
    OrtMemoryInfo Info { get; }

    /// <summary>Whether this program can read and write it directly.</summary>
    bool IsHost { get; }

    /// <summary>What could still be allocated, in bytes.</summary>
    long FreeBytes { get; }

    /// <returns>Zeroed, and really there.</returns>
    /// <exception cref="DeviceMemoryException">There is not so much.</exception>
    nint Allocate(long bytes);

    void Free(nint address);

    /// <summary>Whether memory can be taken up as it is written, and given back in pieces.</summary>
    bool IsSparse { get; }

    /// <summary>Memory that is filled little by little: where the system can, only what is written is taken up.</summary>
    /// <returns>Zeroed.</returns>
    /// <exception cref="DeviceMemoryException">There is not so much.</exception>
    nint AllocateSparse(long bytes);

    void FreeSparse(nint address, long bytes);

    /// <summary>What lies there in sparse memory is no longer needed; nothing where the system cannot take it back.</summary>
    void Discard(nint address, long bytes);

    /// <summary>Memory of this machine that data goes to and from the device fastest through.</summary>
    /// <returns>Zeroed.</returns>
    /// <exception cref="DeviceMemoryException">There is not so much.</exception>
    nint AllocateHost(long bytes);

    void FreeHost(nint address);

    /// <summary>Copies pieces of equal length that lie at equal distances; done after <see cref="Finish"/>.</summary>
    /// <param name="pitch">From the beginning of one piece to the next, in bytes.</param>
    void Copy(nint from, long pitch, nint to, long toPitch, long bytes, int pieces);

    /// <summary>Waits for all copies.</summary>
    void Finish();

    /// <summary>The data is there for every stream of the device when this returns.</summary>
    void Upload(ReadOnlySpan<byte> from, nint to);

    void Download(nint from, Span<byte> to);
}

/// <summary>The device has not enough memory for what is asked; less of it may do.</summary>
internal sealed class DeviceMemoryException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The device could not do what was asked, for a reason of its own.</summary>
internal sealed class DeviceFailedException(string message, Exception? cause = null) : Exception(message, cause);
