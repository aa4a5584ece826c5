namespace XlLoraOnnx.Training.Tests;

/// <summary>The loss of two languages and its gradients in double precision, and in ONNX Runtime against the same numbers.</summary>
[TestClass]
public sealed class FusionGraphTests
{
    private const string Query = "model.encoder.layer.0.attention.self.query", Value = "model.encoder.layer.2.attention.self.value";
    private const string Factors = $"{Query}.lora_A.weight {Query}.lora_B.weight {Value}.lora_A.weight {Value}.lora_B.weight";
    private const string Classifier = "classifier.dense.weight classifier.out_proj.bias";
    private const string Attention = $"{Query}.fuse_cross_attention.query.weight {Query}.fuse_cross_attention.key.weight "
        + $"{Value}.fuse_cross_attention.value.weight";

    [TestMethod]
    [DataRow(FusionFunction.Add, Factors, false)]
    [DataRow(FusionFunction.Mul, Factors, false)]
    [DataRow(FusionFunction.AddRelu, $"{Factors} {Classifier}", false)]
    [DataRow(FusionFunction.AddRelu, Factors, true)]
    [DataRow(FusionFunction.MatMul, Factors, false)]
    [DataRow(FusionFunction.MatMulRelu, Factors, false)]
    [DataRow(FusionFunction.CrossAttention, $"{Factors} {Attention}", false)]
    [DataRow(FusionFunction.CrossAttention, $"{Factors} {Attention}", true)]
    [DataRow(null, $"{Factors} {Classifier}", false)]
    public void Step_Gradients_AreWhatDifferencesAre(FusionFunction? fusion, string names, bool checkpointing)
    {
        using var built = new Built(FusionModels.Options(fusion) with { CrossAttentionHeads = 2, Checkpointing = checkpointing });
        built.Check(names.Split(' '));
    }

    [TestMethod]
    public void Step_OfSpans_HasGradientsOfItsHead()
    {
        using var built = new Built(FusionModels.Options(task: TextTask.TyDiQa));
        // one number added to the logits of all positions changes no share: the bias has no gradient but rounding
        built.Check([$"{Query}.lora_A.weight", $"{Value}.lora_B.weight", "qa_outputs.weight"]);
    }

    [TestMethod]
    public void Step_OfATranslationModelsStates_HasGradientsOfTheProjection()
    {
        using var built = new Built(FusionModels.Options(), translationDimension: 6);
        built.Check([$"{Query}.lora_A.weight", $"{Value}.lora_B.weight", "proj.weight", "proj.bias"]);
    }

    /// <summary>XLMRobertaForQuestionAnswering: the mean of two cross-entropies, each over the labels that are within the text.</summary>
    [TestMethod]
    public void Step_OfSpans_IsTheMeanOverLabelsThatAreThere()
    {
        using var built = new Built(FusionModels.Options(task: TextTask.TyDiQa), hidesPadding: false);
        var values = DoubleInterpreter.Run(built.Graph.Proto, built.Inputs);
        double Loss(string logits, int row, int label)
        {
            double[] own = values[logits].Values.Chunk(Built.Length).ElementAt(row);
            return Math.Log(own.Sum(Math.Exp)) - own[label];
        }

        var starts = (Loss(FusionGraph.StartLogits, 0, 1) + Loss(FusionGraph.StartLogits, 1, 0)) / 2;

        Assert.AreEqual((starts + Loss(FusionGraph.EndLogits, 0, 2)) / 2, values[FusionGraph.Loss].ToScalar(), 1e-9);
    }

    private sealed class Built : IDisposable
    {
        public const int Length = 4;
        private const int Rows = 2;

        private readonly FusionBase _model;
        private readonly IReadOnlyList<Parameter> _parameters;
        private readonly IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> _gradients;

        public Built(FusionTrainingOptions options, int? translationDimension = null, bool hidesPadding = true)
        {
            _model = new FusionBase(FusionModels.Base, options, translationDimension);
            _parameters = FusionParameters.Create(_model, options, seed: 3);
            FusionModels.Stir(_parameters);
            (Graph, _gradients) = FusionGraph.Step(_model.Graph,
                new FusionGraphSettings(options.Rank, options.Scale, options.AnswersSpans, hidesPadding)
                {
                    Dropout = new DropoutRates(0.1, 0.1, 0.1, 0.1, 0.1, 0.1),
                    Checkpointing = options.Checkpointing,
                }, _parameters);
            Inputs = Read(options);
        }

        public TrainingGraph Graph { get; }

        public Dictionary<string, Tensor64> Inputs { get; }

        public void Check(string[] names)
        {
            var values = DoubleInterpreter.Run(Graph.Proto, Inputs);
            var forward = Graph.Proto.Clone();
            var last = forward.Node.Index().Single(n => n.Item.Output.Contains(FusionGraph.Loss)).Index;
            while (forward.Node.Count > last + 1)
                forward.Node.RemoveAt(last + 1);
            foreach (var name in names)
            {
                var gradient = EncoderGraphCase.Gradient(values, _gradients[name], _parameters.Single(p => p.Name == name));
                Assert.IsGreaterThan(0, gradient.Values.Max(Math.Abs), name);
                FiniteDifferences.Check(forward, FusionGraph.Loss, name, Inputs, gradient);
            }
            OrtCheck.Check(Graph.Proto, Inputs, [FusionGraph.Loss, .. names.SelectMany(n => _gradients[n]).Select(g => g.Value)]);
        }

        public void Dispose()
        {
            foreach (var parameter in _parameters)
                parameter.Dispose();
            _model.Dispose();
        }

        /// <summary>Two rows: a source that is longer than its target, and one that is shorter.</summary>
        private Dictionary<string, Tensor64> Read(FusionTrainingOptions options)
        {
            var inputs = new Dictionary<string, Tensor64>
            {
                ["input_ids"] = Tensor64.Longs([Rows, Length], 0, 77, 2, 1, 0, 41, 60, 2),
                ["attention_mask"] = Tensor64.Longs([Rows, Length], 1, 1, 1, 0, 1, 1, 1, 1),
                [FusionLinears.TargetMask] = Tensor64.Longs([Rows, Length], 1, 1, 1, 0, 1, 1, 1, 1),
                [FusionLinears.SourceMask] = Tensor64.Longs([Rows, Length], 1, 1, 1, 1, 1, 1, 0, 0),
            };
            if (options.AnswersSpans)
            {
                // the last label is behind the text
                AddLabels(FusionGraph.Starts, [1, 0], [0.25, 0.25]);
                AddLabels(FusionGraph.Ends, [2, 3], [0.5, 0]);
            }
            else
                AddLabels(FusionGraph.Labels, [2, 0], [0.5, 0.5]);
            foreach (var parameter in _parameters.Concat(FixedTensors.Of(_model.Graph, _parameters)))
                inputs[parameter.Name] = Floats(parameter.Shape, parameter.Values);
            foreach (var input in Graph.Proto.Input.Where(i => i.Name.StartsWith("source.", StringComparison.Ordinal)))
            {
                int[] shape = [Rows, Length, (int)input.Type.TensorType.Shape.Dim[2].DimValue];
                var numbers = TrainingSteps.Numbers(shape.Aggregate(1, (a, b) => a * b), (ulong)input.Name.Length + input.Name[^1]);
                inputs[input.Name] = Tensor64.Floats(shape, Array.ConvertAll(numbers, n => (double)n));
            }
            using var masks = new DropoutMasks(Graph.Dropouts, seed: 3);
            var symbols = new Dictionary<string, long> { ["batch_size"] = Rows, ["sequence_length"] = Length };
            foreach (var (name, value) in masks.Make(symbols, step: 1, part: 0))
            {
                using (value)
                    inputs[name] = Floats(value.GetTensorTypeAndShape().Shape, value.GetTensorDataAsSpan<float>());
            }
            return inputs;

            void AddLabels(string name, long[] labels, double[] weights)
            {
                inputs[name] = Tensor64.Longs([Rows], labels);
                inputs[FusionGraph.Weights(name)] = Tensor64.Floats([Rows], weights);
            }
        }

        private static Tensor64 Floats(ReadOnlySpan<long> shape, ReadOnlySpan<float> values) =>
            Tensor64.Floats([.. shape.ToArray().Select(d => (int)d)], Array.ConvertAll(values.ToArray(), v => (double)v));
    }
}
