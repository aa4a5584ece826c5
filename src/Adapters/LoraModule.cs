namespace XlLoraOnnx.Adapters;

/// <summary>One linear module with its factors, checked against the base: its weight changes by <c>Scale · B A</c>.</summary>
/// <param name="Slot">The module of the base.</param>
/// <param name="A">[rank, in]</param>
/// <param name="B">[out, rank]</param>
/// <param name="Rank">Of this module, where <c>rank_pattern</c> says so.</param>
/// <param name="Scale">alpha / r, or alpha / √r with rsLoRA.</param>
public sealed record LoraModule(LoraSlot Slot, LoraFactor A, LoraFactor B, int Rank, float Scale);

/// <summary>A factor as it lies in its file, which is open as long as the adapter is.</summary>
public sealed record LoraFactor(ITensorFile File, SafetensorsTensor Tensor);
