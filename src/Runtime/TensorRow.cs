
namespace XlLoraOnnx.Runtime;

/// <summary>One line of a coverage table.</summary>
/// <param name="Tensor">Name in the checkpoint or PEFT file.</param>
/// <param name="Shape">Its shape there.</param>
/// <param name="Status"><c>matched</c> or <c>dropped</c>.</param>
/// <param name="Target">Graph initializer or input it became, if matched.</param>
/// <param name="Reason">Why it was dropped.</param>
public sealed record TensorRow(string Tensor, IReadOnlyList<long> Shape, string Status, string? Target, string? Reason)
{
    internal static TensorRow From(CoverageRow row) => new(row.Tensor, row.Shape, row.Status, row.Target, row.Reason);
}
