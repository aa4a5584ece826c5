namespace XlLoraOnnx.Exporter;

/// <summary>The config.json of sentence-transformers' Dense module (sentence_transformers, base/modules/dense.py).</summary>
internal static class DenseModule
{
    private const string Activation = "activation_function";

    // classes of torch, with their defaults
    private static readonly Dictionary<string, string> Activations = new()
    {
        ["Identity"] = "identity",
        ["Tanh"] = "tanh",
        ["ReLU"] = "relu",
        ["GELU"] = "gelu",
        ["Sigmoid"] = "sigmoid",
        ["SiLU"] = "silu",
    };

    /// <param name="folder">Of the checkpoint.</param>
    /// <param name="module">Name of its folder in there.</param>
    /// <param name="normalizesInput">Whether a Normalize stands before it.</param>
    /// <param name="remedy">The end of a refusal: what to do.</param>
    public static DenseFacts Read(string folder, string module, bool normalizesInput, string remedy)
    {
        var config = ConfigReader.Open(System.IO.Path.Combine(folder, module, "config.json"));
        // since sentence-transformers 5.6 a module may read and write other things than the pooled vector
        SentenceFields.Dense.ThrowIfRefused(config, remedy);
        return new DenseFacts
        {
            Path = module,
            InFeatures = Required(config, "in_features"),
            OutFeatures = Required(config, "out_features"),
            Bias = config.Bool("bias", true),
            Activation = ReadActivation(config, remedy),
            Residual = config.Bool("use_residual", false),
            NormalizesInput = normalizesInput,
        };
    }

    private static int Required(ConfigReader config, string name) => config.Has(name)
        ? config.PositiveInt(name, 1)
        : throw new InvalidDataException($"{config.Describe(name)}, expected an integer of at least 1.");

    private static string ReadActivation(ConfigReader config, string remedy)
    {
        // absent is the default of the class
        if (!config.Names.Contains(Activation))
            return "tanh";
        var name = config.OptionalString(Activation) ?? throw new InvalidDataException(
            $"{config.Describe(Activation)}: it is null, expected the name of a class, such as torch.nn.modules.linear.Identity.");
        var word = name[(name.LastIndexOf('.') + 1)..];
        return name.StartsWith("torch.nn.", StringComparison.Ordinal) && Activations.TryGetValue(word, out var known)
            ? known
            : throw new NotSupportedException(
                $"{config.Describe(Activation)}; torch's {string.Join(", ", Activations.Keys)} are supported. {remedy}.");
    }
}
