using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// Proves an export against numbers that another implementation recorded (transformers and peft, usually): logits of recorded prompts,
/// alone and in one padded batch, and the greedy path; of an encoder hidden states, poolings and vectors.
/// </summary>
public static class ParityVerifier
{
    /// <summary>Runs the prompts of a reference file and compares.</summary>
    /// <param name="folder">Model folder.</param>
    /// <param name="referenceFile">A safetensors file with <c>prompt.i.input_ids</c> [n], <c>prompt.i.logits</c> [n or 1, vocab] and, if
    /// greedy paths are to be compared, <c>prompt.i.greedy</c> [m] and <c>prompt.i.margin</c> [m]. For an encoder <c>input_ids</c> and
    /// <c>attention_mask</c> [rows, n], and any of <c>token_type_ids</c>, <c>last_hidden_state</c>, <c>hidden_states.k</c>,
    /// <c>pool.*</c> and <c>sentence_embedding</c>.</param>
    /// <param name="options">Adapter and tolerances.</param>
    /// <param name="progress">Told of each tensor as it is compared.</param>
    /// <param name="cancellationToken">Checked between runs of the model.</param>
    /// <exception cref="InvalidDataException">The folder or the reference is malformed, or they do not fit each other.</exception>
    /// <exception cref="ArgumentException">The folder has no such adapter.</exception>
    public static ParityReport Verify(
        string folder, string referenceFile, ParityOptions? options = null, IProgress<TensorParity>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new ParityOptions();
        if (options.Tolerance is { } tolerance && !(tolerance >= 0))
            throw new ArgumentOutOfRangeException(
                nameof(options), options.Tolerance, $"The tolerance is {options.Tolerance}; it must be 0 or more.");
        var manifest = ModelManifest.Read(folder);
        if (manifest.Encoder is not null)
        {
            var vectors = new ParityComparison(options, tolerance: 2e-4, progress);
            EncoderParity.Compare(folder, manifest, referenceFile, vectors, cancellationToken);
            return vectors.Report();
        }
        var model = ModelFolder.Load(folder);
        using var session = GenAiSession.Load(model, new AdapterCatalog(model), options.Canary);
        if (options.Adapter is not null)
            session.Mount(options.Adapter);
        var prompts = ReferencePrompt.ReadAll(referenceFile, session.Manifest.Dimensions.VocabSize);
        var comparison = new ParityComparison(options, tolerance: 1e-4, progress);
        foreach (var prompt in prompts)
            CompareAlone(session, prompt, comparison, cancellationToken);
        CompareBatch(session, prompts, comparison, cancellationToken);
        return comparison.Report();
    }

    /// <summary>
    /// The graph keeps the logits of the last position only; feeding the prompt token by token gives every position, and runs the decode
    /// step as well. The greedy path is fed as recorded, so that every step can be judged, also after one that rounding decided.
    /// </summary>
    private static void CompareAlone(
        GenAiSession session, ReferencePrompt prompt, ParityComparison comparison, CancellationToken cancellationToken)
    {
        var maxLength = prompt.InputIds.Length + prompt.Greedy.Length + 1;
        if (maxLength > session.Manifest.Dimensions.ContextLength)
            throw new InvalidDataException(
                $"'{prompt.Name}' needs {maxLength} positions; the model folder serves {session.Manifest.Dimensions.ContextLength}.");
        using var generator = session.CreateGenerator(1, maxLength, comparison.Options.Adapter, SamplingOptions.Greedy, seed: 0);
        var logits = new List<float>(prompt.Logits.Length);
        if (prompt.Positions == 1)
        {
            generator.AppendTokens(prompt.InputIds);
            logits.AddRange(session.ReadLogits(generator, row: 0));
        }
        else
        {
            foreach (var id in prompt.InputIds)
            {
                cancellationToken.ThrowIfCancellationRequested();
                generator.AppendTokens([id]);
                logits.AddRange(session.ReadLogits(generator, row: 0));
            }
        }
        comparison.Values($"{prompt.Name}.logits", prompt.Logits, [.. logits]);
        if (prompt.Greedy.Length == 0)
            return;
        var chosen = new int[prompt.Greedy.Length];
        for (var step = 0; step < chosen.Length; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            chosen[step] = IndexOfMax(session.ReadLogits(generator, row: 0));
            generator.AppendTokens([prompt.Greedy[step]]);
        }
        comparison.Greedy($"{prompt.Name}.greedy", prompt, chosen);
    }

    /// <summary>All prompts in right-padded batches must give what each gives alone.</summary>
    private static void CompareBatch(
        GenAiSession session, IReadOnlyList<ReferencePrompt> prompts, ParityComparison comparison, CancellationToken cancellationToken)
    {
        var pad = session.Tokens.PadTokenId;
        var requests = prompts.Select((p, i) =>
            new EncodedRequest(i, i, p.InputIds, comparison.Options.Adapter, SamplingOptions.Greedy, MaxNewTokens: 1));
        var batches = BatchPlanner.Plan(requests, GenAiTextGenerator.LargestBatch, session.Manifest.Dimensions.ContextLength, pad);
        foreach (var batch in batches.Where(b => b.Rows.Count > 1))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var generator = session.CreateGenerator(
                batch.Rows.Count, batch.LongestPrompt + 1, comparison.Options.Adapter, SamplingOptions.Greedy, seed: 0);
            generator.AppendTokens(batch.PaddedPrompts(pad));
            for (var row = 0; row < batch.Rows.Count; row++)
            {
                var prompt = prompts[batch.Rows[row].Index];
                var last = prompt.Logits.AsSpan()[^session.Manifest.Dimensions.VocabSize..];
                comparison.Values($"{prompt.Name}.logits (batch)", last, session.ReadLogits(generator, row));
            }
        }
    }

    private static int IndexOfMax(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
                best = i;
        }
        return best;
    }
}
