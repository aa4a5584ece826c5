using System.Runtime.InteropServices;

namespace XlLoraOnnx.Training;

/// <summary>What FLARE trains, as inputs of the exporter's graph: matrices are there transposed, [in, out].</summary>
internal static class FusionParameters
{
    // models/xlm_roberta/modeling_xlm_roberta.py of transformers
    private const string Query = "query", Value = "value";
    private static readonly string[] Matrices = [Query, "key", Value];

    /// <summary>The linear modules that FLARE adapts in XLM-RoBERTa.</summary>
    public static IEnumerable<LoraSlot> Slots(XlmRobertaConfig config) => Enumerable.Range(0, config.NumHiddenLayers)
        .SelectMany(i => new[] { Query, Value }.Select(m => $"model.encoder.layer.{i}.attention.self.{m}"))
        .Select(module => new LoraSlot(module, config.HiddenSize, config.HiddenSize));

    /// <summary>What the graph depends on.</summary>
    /// <param name="translationDimension">Of the states of a translation model's encoder; null for none.</param>
    public static FlareShape Shape(IReadOnlyList<LoraSlot> slots, FusionTrainingOptions options, int? translationDimension) => new()
    {
        Modules = slots.ToDictionary(s => s.Name, _ => options.Rank),
        Fusion = options.Fusion,
        Source = options.Fusion is null ? FlareSource.None
            : translationDimension is null ? FlareSource.Model : FlareSource.TranslationEncoder,
        Heads = options.CrossAttentionHeads,
        SourceDimension = translationDimension,
        Head = options.AnswersSpans ? FlareShape.QuestionAnswering : FlareShape.Classification,
        Labels = options.Labels,
    };

    /// <summary>Factors as PEFT draws them, matrices of cross-attention as torch draws linear layers, the head as the task's run has it or
    /// as transformers draws it.</summary>
    /// <returns>To be disposed by the caller.</returns>
    /// <exception cref="InvalidDataException">The head of the task's run has another shape.</exception>
    public static IReadOnlyList<Parameter> Create(FusionBase model, FusionTrainingOptions options, long seed)
    {
        var parameters = LoraParameters.Create(model.Slots, options.Rank, seed).ToList();
        try
        {
            if (options.Fusion == FusionFunction.CrossAttention)
            {
                foreach (var matrix in model.Slots.SelectMany(s => Matrices.Select(m => $"{s.Name}.fuse_cross_attention.{m}")))
                    AddLinear(matrix, options.Rank, options.Rank, DrawAsTorch);
            }
            var hidden = model.Config.HiddenSize;
            if (model.Shape.SourceDimension is { } dimension)
                AddLinear("proj", dimension, hidden, DrawAsTorch);
            if (options.AnswersSpans)
                AddHead("qa_outputs", hidden, model.Shape.Labels);
            else
            {
                AddHead("classifier.dense", hidden, hidden);
                AddHead("classifier.out_proj", hidden, model.Shape.Labels);
            }
            return parameters;
        }
        catch
        {
            parameters.ForEach(p => p.Dispose());
            throw;
        }

        void AddLinear(string module, int inFeatures, int outFeatures, Action<Parameter, int, long> fill)
        {
            foreach (var (name, shape) in new[] { ("weight", new long[] { inFeatures, outFeatures }), ("bias", [outFeatures]) })
            {
                var parameter = new Parameter($"{module}.{name}", shape);
                parameters.Add(parameter);
                fill(parameter, inFeatures, seed);
            }
        }

        void AddHead(string module, int inFeatures, int outFeatures) => AddLinear(module, inFeatures, outFeatures, (parameter, _, _) =>
        {
            if (model.TaskHead(parameter.Name) is { } stored)
                Read(parameter, stored, model.Folder);
            else if (parameter.Shape.Length > 1)
                InitialValues.Normal(parameter.Values, model.InitializerRange, seed, InitialValues.StreamOf(parameter.Name));
            else
                parameter.Values.Clear();
        });
    }

    /// <summary>torch.nn.Linear: weight and bias within ± 1 / √in.</summary>
    private static void DrawAsTorch(Parameter parameter, int inFeatures, long seed) =>
        InitialValues.Uniform(parameter.Values, 1 / Math.Sqrt(inFeatures), seed, InitialValues.StreamOf(parameter.Name));

    private static void Read(Parameter parameter, FlareTensor stored, string model)
    {
        long[] shape = [.. parameter.Shape.Reverse()];
        if (!stored.Tensor.Shape.SequenceEqual(shape))
            throw new InvalidDataException($"'{stored.File.Path}': '{stored.Tensor.Name}' is {stored.Tensor.ShapeText}; '{model}' and "
                + $"the task make it [{string.Join(", ", shape)}]. Give the run of the same task, of the same model.");
        var source = shape.Length > 1 ? stored.Rows.Transposed() : stored.Rows.InOrder();
        source.Fill(0, checked((int)source.Rows), MemoryMarshal.AsBytes(parameter.Values));
    }
}
