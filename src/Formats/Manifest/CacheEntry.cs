using System.Text.Json.Serialization;

namespace XlLoraOnnx.Formats;

/// <summary>Keys and values that a layer of a decoder keeps: two buffers, each [rows, heads, positions, head_dim].</summary>
public sealed record CacheEntry
{
    /// <summary>Of the decoder, from 0 on.</summary>
    public required int Layer { get; init; }
    /// <summary>What they are keys and values of.</summary>
    public required CacheKind Kind { get; init; }
    /// <summary>Input of the graphs with the keys so far.</summary>
    public required string KeyInput { get; init; }
    /// <summary>Input of the graphs with the values so far.</summary>
    public required string ValueInput { get; init; }
    /// <summary>Output of the graphs with the keys after a step; null where they stay as they are, as in cross attention.</summary>
    public string? KeyOutput { get; init; }
    /// <summary>Output of the graphs with the values after a step; null where they stay as they are.</summary>
    public string? ValueOutput { get; init; }
    /// <summary>Of keys and values; queries may have more.</summary>
    public required int Heads { get; init; }
    /// <summary>Numbers of a head at one position.</summary>
    public required int HeadDim { get; init; }
    /// <summary>Positions that a token sees, itself included; null for all.</summary>
    public int? Window { get; init; }

    /// <summary>Of self attention, named as ONNX Runtime GenAI names them (its genai_config.json, past_key_names and present_key_names).
    /// </summary>
    /// <param name="layer">Of the decoder, from 0 on.</param>
    /// <param name="heads">Of keys and values.</param>
    /// <param name="headDim">Numbers of a head at one position.</param>
    /// <param name="window">Positions that a token sees; null for all.</param>
    public static CacheEntry OfSelfAttention(int layer, int heads, int headDim, int? window) => new()
    {
        Layer = layer,
        Kind = CacheKind.Self,
        KeyInput = $"past_key_values.{layer}.key",
        ValueInput = $"past_key_values.{layer}.value",
        KeyOutput = $"present.{layer}.key",
        ValueOutput = $"present.{layer}.value",
        Heads = heads,
        HeadDim = headDim,
        Window = window,
    };

    /// <summary>Of cross attention. The graph that reads with the encoder gives outputs of the same names as the inputs of the others.
    /// </summary>
    /// <param name="layer">Of the decoder, from 0 on.</param>
    /// <param name="heads">Of keys and values.</param>
    /// <param name="headDim">Numbers of a head at one position.</param>
    public static CacheEntry OfCrossAttention(int layer, int heads, int headDim) => new()
    {
        Layer = layer,
        Kind = CacheKind.Cross,
        KeyInput = $"past_key_values.{layer}.encoder.key",
        ValueInput = $"past_key_values.{layer}.encoder.value",
        Heads = heads,
        HeadDim = headDim,
    };

    /// <summary>What is wrong with it; null for nothing.</summary>
    internal string? Fault() =>
        Layer < 0 ? $"layer {Layer}"
        : Heads < 1 || HeadDim < 1 ? $"{Heads} heads of {HeadDim}"
        : Window < 1 ? $"a window of {Window}"
        : KeyInput.Length == 0 || ValueInput.Length == 0 || KeyOutput is "" || ValueOutput is "" ? "an empty name"
        : Kind == CacheKind.Self && (KeyOutput is null || ValueOutput is null) ? "self attention without key_output or value_output"
        : null;
}

/// <summary>What keys and values are made of.</summary>
public enum CacheKind
{
    /// <summary>Of the tokens so far: they grow with every step.</summary>
    [JsonStringEnumMemberName("self")]
    Self,

    /// <summary>Of the text that an encoder has read: computed once for a row.</summary>
    [JsonStringEnumMemberName("cross")]
    Cross,
}
