
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
    /// <c>pool.*</c> and <c>sentence_embedding</c>. For a model that translates <c>input_ids</c> and <c>attention_mask</c> [rows, n], any
    /// of
    /// <c>encoder.hidden_states.k</c>, and for a target language L any of <c>L.decoder_input_ids</c>, <c>L.labels</c>,
    /// <c>L.decoder.last_hidden_state</c>, <c>L.logits</c>, <c>L.label_logprobs</c>, <c>L.loss</c>, <c>L.greedy</c> [rows, n],
    /// <c>L.beam</c> [rows, beams, n], <c>L.beam_scores</c> [rows, beams], and the margins <c>L.greedy_margin</c> and
    /// <c>L.beam_margin</c> [rows, n].</param>
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
        if (manifest.Flare is not null)
        {
            var fused = new ParityComparison(options, tolerance: 1e-4, progress);
            FusionParity.Compare(folder, manifest, referenceFile, fused, cancellationToken);
            return fused.Report();
        }
        if (manifest.Encoder is not null)
        {
            var vectors = new ParityComparison(options, tolerance: 2e-4, progress);
            EncoderParity.Compare(folder, manifest, referenceFile, vectors, cancellationToken);
            return vectors.Report();
        }
        var model = ModelFolder.Load(folder);
        if (model.Translation is not null)
        {
            var translations = new ParityComparison(options, tolerance: 1e-4, progress);
            TranslationParity.Compare(model, referenceFile, translations, cancellationToken);
            return translations.Report();
        }
        var prompts = ReferencePrompt.ReadAll(referenceFile, manifest.Dimensions.VocabSize);
        using var run = new DecoderRun(model);
        if (options.Adapter is not null)
            run.Mount(options.Adapter, options.Canary);
        var comparison = new ParityComparison(options, tolerance: 1e-4, progress);
        foreach (var prompt in prompts)
            CompareAlone(run, prompt, comparison, cancellationToken);
        CompareBatch(run, prompts, comparison, cancellationToken);
        return comparison.Report();
    }

    /// <summary>
    /// The graph keeps the logits of the last position only; feeding the prompt token by token gives every position, and runs the decode
    /// step as well. The greedy path is fed as recorded, so that every step can be judged, also after one that rounding decided.
    /// </summary>
    private static void CompareAlone(
        DecoderRun run, ReferencePrompt prompt, ParityComparison comparison, CancellationToken cancellationToken)
    {
        var (length, context) = (prompt.InputIds.Length + prompt.Greedy.Length + 1, run.Folder.Manifest.Dimensions.ContextLength);
        if (length > context)
            throw new InvalidDataException($"'{prompt.Name}' needs {length} positions; the model folder serves {context}.");
        using var row = run.Begin(comparison.Options.Adapter, rows: 1);
        var logits = new List<float>(prompt.Logits.Length);
        float[] last = [];
        foreach (var piece in prompt.Positions == 1 ? [prompt.InputIds] : prompt.InputIds.Select(id => new[] { id }))
        {
            cancellationToken.ThrowIfCancellationRequested();
            logits.AddRange(last = Append(row, piece));
        }
        comparison.Values($"{prompt.Name}.logits", prompt.Logits, [.. logits]);
        if (prompt.Greedy.Length == 0)
            return;
        var chosen = new int[prompt.Greedy.Length];
        for (var step = 0; step < chosen.Length; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            chosen[step] = IndexOfMax(last);
            last = Append(row, [prompt.Greedy[step]]);
        }
        comparison.Greedy($"{prompt.Name}.greedy", prompt, chosen);
    }

    /// <summary>All prompts in right-padded batches must give what each gives alone.</summary>
    private static void CompareBatch(
        DecoderRun run, IReadOnlyList<ReferencePrompt> prompts, ParityComparison comparison, CancellationToken cancellationToken)
    {
        const int LargestBatch = 32;
        var vocabulary = run.Folder.Manifest.Dimensions.VocabSize;
        foreach (var batch in prompts.Chunk(LargestBatch).Where(b => b.Length > 1))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var longest = batch.Max(p => p.InputIds.Length);
            var ids = new long[batch.Length * longest];
            Array.Fill(ids, run.Folder.Tokens.PadTokenId);
            var mask = new long[ids.Length];
            for (var row = 0; row < batch.Length; row++)
            {
                for (var i = 0; i < batch[row].InputIds.Length; i++)
                    (ids[row * longest + i], mask[row * longest + i]) = (batch[row].InputIds[i], 1);
            }
            using var rows = run.Begin(comparison.Options.Adapter, batch.Length);
            var logits = rows.Append(ids, mask);
            for (var row = 0; row < batch.Length; row++)
                comparison.Values($"{batch[row].Name}.logits (batch)",
                    batch[row].Logits.AsSpan()[^vocabulary..], logits.AsSpan(row * vocabulary, vocabulary));
        }
    }

    private static float[] Append(DecoderSequences row, int[] ids) =>
        row.Append(Array.ConvertAll(ids, id => (long)id), [.. ids.Select(_ => 1L)]);

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
