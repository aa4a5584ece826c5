using System.Numerics.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>Answers that a decoder writes while it reads the source: the likeliest token each time.</summary>
/// <param name="stops">Whether an end token ends an answer.</param>
internal sealed class FusionWriter(FusionModel model, FusionSchedule schedule, bool stops = true)
{
    private static readonly string[] Logits = ["logits"];

    /// <param name="batch">Rows of one adapter.</param>
    /// <returns>New tokens of each row, without the end token.</returns>
    /// <exception cref="ArgumentException">The model has no positions for so many.</exception>
    public int[][] Write(IReadOnlyList<TaskRow> batch, int maxNewTokens, CancellationToken cancellationToken)
    {
        var width = model.Width(batch);
        var written = model.Facts.Source == "model" && batch.Any(r => r.Source is not null)
            ? WriteBase([.. batch.Select(r => r.Source)], width, maxNewTokens, cancellationToken) : [];
        var source = new WrittenSource(model, schedule, batch, width, written);
        return Continue([.. batch.Select(r => r.Target.Ids)], width, maxNewTokens, (rows, tokens, step, cache) =>
        {
            var fused = step == 0 ? source.Prompt : source.Next(rows, tokens, step);
            return model.Run(fused, Logits, batch[0].Adapter, cache)[0];
        }, cancellationToken);
    }

    /// <summary>What the model writes after texts without an adapter.</summary>
    /// <param name="sources">Null for rows that have none, which write nothing.</param>
    public int[][] WriteBase(IReadOnlyList<int[]?> sources, int width, int maxNewTokens, CancellationToken cancellationToken)
    {
        int[] there = [.. Enumerable.Range(0, sources.Count).Where(i => sources[i] is not null)];
        var answers = Continue([.. there.Select(i => sources[i]!)], width, maxNewTokens, (rows, tokens, step, cache) =>
        {
            var alone = step == 0 ? FusionRows.Alone(tokens) : FusionRows.Next(tokens, new long[rows.Length], []);
            return model.RunBase(alone, Logits, cache)[0];
        }, cancellationToken);
        var all = new int[sources.Count][];
        Array.Fill(all, []);
        for (var i = 0; i < there.Length; i++)
            all[there[i]] = answers[i];
        return all;
    }

    /// <param name="next">Rows that go on, what they read now, the step and what they have read; gives logits of their next tokens.</param>
    private int[][] Continue(IReadOnlyList<int[]> prompts, int width, int maxNewTokens,
        Func<int[], EncoderRows, int, FusionCache, float[]> next, CancellationToken cancellationToken)
    {
        // the last one is not read; a graph that reads one token does not see that its position is none
        if (width + maxNewTokens - 1 > model.ContextLength)
            throw new ArgumentException($"Texts of {width} tokens and {maxNewTokens} more that may be written are more than the "
                + $"{model.ContextLength} that the model reads. Give a smaller MaxNewTokens or MaxLength.");
        using var cache = model.NewCache();
        var written = prompts.Select(_ => new List<int>()).ToArray();
        int[] open = [.. Enumerable.Range(0, prompts.Count)];
        for (var step = 0; step < maxNewTokens && open.Length > 0; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var tokens = step == 0 ? model.Padded(prompts, width) : LastOf(open, prompts, written, width);
            var logits = next(open, tokens, step, cache);
            var vocabulary = logits.Length / open.Length;
            var goOn = new List<int>(open.Length);
            for (var i = 0; i < open.Length; i++)
            {
                var token = TensorPrimitives.IndexOfMax<float>(logits.AsSpan(i * vocabulary, vocabulary));
                if (token < 0 || !float.IsFinite(logits[i * vocabulary + token]))
                    throw new InvalidDataException($"The model gives logits that are not finite for token {step + 1} of an answer.");
                if (stops && model.EosTokenIds.Contains(token))
                    continue;
                written[open[i]].Add(token);
                goOn.Add(i);
            }
            if (goOn.Count < open.Length && goOn.Count > 0)
                cache.Keep(goOn);
            open = [.. goOn.Select(i => open[i])];
        }
        return [.. written.Select(w => w.ToArray())];
    }

    /// <summary>The last token of rows, which see all before it but padding.</summary>
    private static EncoderRows LastOf(int[] rows, IReadOnlyList<int[]> prompts, List<int>[] written, int width)
    {
        var length = width + written[rows[0]].Count;
        var mask = new long[rows.Length * length];
        for (var i = 0; i < rows.Length; i++)
            mask.AsSpan(i * length, length)[(width - prompts[rows[i]].Length)..].Fill(1);
        return new EncoderRows(rows.Length, 1, [.. rows.Select(r => (long)written[r][^1])], mask, null);
    }
}
