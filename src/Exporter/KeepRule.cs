namespace XlLoraOnnx.Exporter;

/// <summary>Stores some modules in a format of their own.</summary>
/// <param name="Pattern">
/// Module names, in which <c>*</c> stands for any characters: <c>lm_head</c>, <c>embed_tokens</c>, <c>layers.0.*</c>, <c>*.down_proj</c>.
/// </param>
/// <param name="Format">A floating-point format means: not quantised, in the type of the activations.</param>
public sealed record KeepRule(string Pattern, ExportPrecision Format)
{
    /// <summary>As it is written on the command line: <c>pattern=format</c>.</summary>
    public override string ToString() => $"{Pattern}={Format.Name()}";
}
