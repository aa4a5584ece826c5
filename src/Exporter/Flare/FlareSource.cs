namespace XlLoraOnnx.Exporter;

/// <summary>Where the second language comes from.</summary>
internal enum FlareSource
{
    /// <summary>Nowhere: a plain adapter.</summary>
    None,
    /// <summary>Hidden states of the model itself, of the source text, without the adapter.</summary>
    Model,
    /// <summary>States of a translation model's encoder, which reads the target text, through a projection (FLARE-MT).</summary>
    TranslationEncoder,
}

/// <summary>Their names in files.</summary>
internal static class FlareSources
{
    private static readonly Dictionary<FlareSource, string> Names = new()
    {
        [FlareSource.None] = "none",
        [FlareSource.Model] = "model",
        [FlareSource.TranslationEncoder] = "translation_encoder",
    };

    public static string All => string.Join(", ", Names.Values);

    public static string Name(this FlareSource source) => Names[source];

    /// <returns>Null for a name that there is not.</returns>
    public static FlareSource? Find(string name) => Names.Where(n => n.Value == name).Select(n => (FlareSource?)n.Key).FirstOrDefault();
}
