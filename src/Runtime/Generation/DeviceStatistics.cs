namespace XlLoraOnnx.Runtime;

/// <summary>What one device has done.</summary>
/// <param name="Device">For example <c>cuda:0</c>.</param>
/// <param name="Rows">Finished on it.</param>
/// <param name="GeneratedTokens">Stop tokens not counted.</param>
public sealed record DeviceStatistics(string Device, long Rows, long GeneratedTokens)
{
    internal DeviceStatistics Since(DeviceStatistics earlier) =>
        new(Device, Rows - earlier.Rows, GeneratedTokens - earlier.GeneratedTokens);
}
