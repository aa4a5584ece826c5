using System.Text.Json.Serialization;

namespace XlLoraOnnx.Formats;

/// <summary>What became of one tensor of a checkpoint or PEFT folder.</summary>
/// <param name="Tensor">Name in the file.</param>
/// <param name="Shape">Its shape there.</param>
/// <param name="Status">Whether it is in the export.</param>
/// <param name="Target">Graph initializer or input that it became, when matched.</param>
/// <param name="Reason">Why it was dropped or refused.</param>
public sealed record TensorCoverage(
    string Tensor, IReadOnlyList<long> Shape, CoverageStatus Status, string? Target = null, string? Reason = null);

/// <summary>What became of a tensor.</summary>
public enum CoverageStatus
{
    /// <summary>It is in the export.</summary>
    [JsonStringEnumMemberName("matched")]
    Matched,

    /// <summary>It was left out for a stated reason that does not change the text model.</summary>
    [JsonStringEnumMemberName("dropped")]
    Dropped,

    /// <summary>It cannot be left out and cannot be exported.</summary>
    [JsonStringEnumMemberName("refused")]
    Refused,
}
