using System.Numerics.Tensors;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>What a module of a folder loses by 8 bits.</summary>
/// <param name="Module">As <c>--keep</c> names it.</param>
/// <param name="Loss">|y − x Wᵀ| / |x Wᵀ|, the mean over the tokens; x as it comes to the module in this folder.</param>
/// <param name="OfToken">The same of the token that loses most.</param>
internal sealed record ModuleLoss(string Module, double Loss, double OfToken);

/// <summary>
/// Runs a few texts through a folder whose products are of integers, and compares each product with the one in float32 of the same input
/// and the weight of the checkpoint. Outliers in activations are not to be seen in weights: they must be run.
/// </summary>
internal static class IntegerSurvey
{
    private const string Product = "MatMulIntegerToFloat";
    private const int MaxTokens = 32;
    private const int BatchElements = 1 << 18;

    // prose, a list, digits and symbols, and scripts of which a tokenizer may know little: rare tokens are where outliers are
    private static readonly string[] Texts =
    [
        "The committee met on Tuesday to discuss the new school, and nobody had read the report.",
        "1. Wash the rice. 2. Boil 750 ml of water (100 °C)! 3. Add salt & pepper -- stir; wait 12-15 min.",
        "Ina kwana? Yaya aiki? ኢትዮጵያ ሰላም። 你好，世界。 مرحبا بالعالم",
    ];

    /// <summary>Those that lose most first; none where the folder has no such product.</summary>
    public static IReadOnlyList<ModuleLoss> Measure(string modelFolder, string checkpointFolder, CancellationToken cancellationToken)
    {
        var manifest = ModelManifest.Read(modelFolder);
        var file = manifest.Graphs[manifest.Encoder is null ? GraphRoles.Lora : GraphRoles.Embedding];
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(modelFolder, file)));
        using var checkpoint = CheckpointFiles.Open(checkpointFolder);
        var tensors = checkpoint.Tensors.ToDictionary(t => t.Tensor.Name, t => new CheckpointTensor(t.File, t.Tensor));
        var products = Show(model.Graph).Select(p => (p.X, p.Y, Tensor: tensors[manifest.Coverage
            .Single(c => c.Target?.Split(", ").Contains(p.Weight) ?? false).Tensor])).ToArray();
        if (products.Length == 0)
            return [];
        var losses = new (double Sum, int Tokens, double Most)[products.Length];
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Path.GetFullPath(modelFolder));
        using var session = new InferenceSession(model.ToByteArray(), options);
        var tokenizer = XlLoraTokenizer.Load(modelFolder);
        foreach (var text in Texts)
        {
            var ids = new List<int>();
            tokenizer.EncodeToIds(text, ids);
            if (ids.Count == 0)
                continue;
            // what several modules read is there once
            string[] names = [.. products.SelectMany(p => new[] { p.X, p.Y }).Distinct()];
            using var values = Run(session, [.. ids.Take(MaxTokens).Select(i => (long)i)], names);
            float[] Value(string name) => values[Array.IndexOf(names, name)].GetTensorDataAsSpan<float>().ToArray();
            for (var i = 0; i < products.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var of = Losses(products[i].Tensor, Value(products[i].X), Value(products[i].Y));
                losses[i] = (losses[i].Sum + of.Sum(), losses[i].Tokens + of.Length, Math.Max(losses[i].Most, of.Max()));
            }
        }
        return [.. products.Zip(losses, (p, l) => new ModuleLoss(Name(p.Tensor), l.Sum / Math.Max(l.Tokens, 1), l.Most))
            .OrderByDescending(l => l.Loss)];
    }

    /// <summary>Makes what enters and leaves the products outputs of the graph.</summary>
    private static IEnumerable<(string X, string Y, string Weight)> Show(GraphProto graph)
    {
        var outputs = graph.Output.Select(o => o.Name).ToHashSet();
        var makers = graph.Node.SelectMany(n => n.Output.Where(o => o.Length > 0).Select(o => (o, n))).ToDictionary(p => p.o, p => p.n);
        var readers = graph.Node.Where(n => n.OpType == "Mul").ToLookup(n => n.Input[0]);
        foreach (var node in graph.Node.Where(n => n.OpType == Product).ToArray())
        {
            // x is divided by its peaks, then rounded; the product is multiplied by them
            var (x, y) = (makers[makers[node.Input[0]].Input[0]].Input[0], readers[node.Output[0]].Single().Output[0]);
            foreach (var name in (string[])[x, y])
            {
                if (outputs.Add(name))
                    graph.Output.Add(new ValueInfoProto
                    {
                        Name = name,
                        Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)OnnxType.Float } },
                    });
            }
            yield return (x, y, node.Input[1]);
        }
    }

    private static IDisposableReadOnlyCollection<OrtValue> Run(InferenceSession session, long[] ids, string[] wanted)
    {
        long[] shape = [1, ids.Length];
        var names = session.InputMetadata.Keys.ToArray();
        var inputs = Array.ConvertAll(names, name => name switch
        {
            "input_ids" => OrtValue.CreateTensorValueFromMemory(ids, shape),
            "attention_mask" => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(ids, _ => 1L), shape),
            "token_type_ids" => OrtValue.CreateTensorValueFromMemory(new long[ids.Length], shape),
            _ => Past(session.InputMetadata[name].Dimensions),
        });
        try
        {
            using var options = new RunOptions();
            return session.Run(options, names, inputs, wanted);
        }
        finally
        {
            foreach (var input in inputs)
                input.Dispose();
        }

        // [batch, heads, nothing yet, head_dim]
        static OrtValue Past(int[] dims) => OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [1, dims[1], 0, dims[3]]);
    }

    /// <param name="x">[tokens, in]</param>
    /// <param name="y">[tokens, out]</param>
    /// <returns>Of each token.</returns>
    private static double[] Losses(CheckpointTensor weight, float[] x, float[] y)
    {
        var (rows, columns) = ((int)weight.Rows, weight.Columns);
        var tokens = x.Length / columns;
        var (errors, sizes) = (new double[tokens], new double[tokens]);
        var rowsAtOnce = Math.Clamp(BatchElements / columns, 1, rows);
        Parallel.For(0, (rows + rowsAtOnce - 1) / rowsAtOnce, part =>
        {
            var (first, batch) = (part * rowsAtOnce, new float[rowsAtOnce * columns]);
            var count = Math.Min(rowsAtOnce, rows - first);
            var (ownErrors, ownSizes) = (new double[tokens], new double[tokens]);
            weight.ReadRows(first, count, batch);
            for (var row = 0; row < count; row++)
            {
                for (var token = 0; token < tokens; token++)
                {
                    var exact = TensorPrimitives.Dot(x.AsSpan(token * columns, columns), batch.AsSpan(row * columns, columns));
                    ownErrors[token] += Math.Pow(y[token * rows + first + row] - exact, 2);
                    ownSizes[token] += exact * exact;
                }
            }
            lock (errors)
            {
                TensorPrimitives.Add(errors, ownErrors, errors);
                TensorPrimitives.Add(sizes, ownSizes, sizes);
            }
        });
        return [.. errors.Zip(sizes, (error, size) => size == 0 ? 0 : Math.Sqrt(error / size))];
    }

    private static string Name(CheckpointTensor tensor)
    {
        var name = TextWeights.Canonical(tensor.Name);
        name = name.StartsWith("model.", StringComparison.Ordinal) ? name["model.".Length..] : name;
        return name.EndsWith(".weight", StringComparison.Ordinal) ? name[..^".weight".Length] : name;
    }
}
