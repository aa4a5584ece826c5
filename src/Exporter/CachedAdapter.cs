namespace XlLoraOnnx.Exporter;

/// <summary>What a PEFT folder holds.</summary>
/// <param name="Weights">SHA-256 of adapter_model.safetensors, or of adapter_model.bin, in hexadecimal digits.</param>
/// <param name="Settings">SHA-256 of adapter_config.json.</param>
public sealed record PartHashes(string Weights, string Settings);

/// <summary>An adapter of an <see cref="AdapterCache"/>.</summary>
/// <param name="File">Full path of its <c>.onnx_adapter</c> file.</param>
/// <param name="IsNew">Whether it was made now.</param>
public sealed record CachedAdapter(string File, bool IsNew);
