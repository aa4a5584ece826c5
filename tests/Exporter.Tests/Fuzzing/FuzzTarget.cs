namespace XlLoraOnnx.Exporter.Tests;

/// <summary>One reader of files that come from elsewhere.</summary>
/// <param name="Seeds">Valid inputs.</param>
/// <param name="Read">Reads an input; fails with a documented exception or not at all.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Action<byte[]> Read);
