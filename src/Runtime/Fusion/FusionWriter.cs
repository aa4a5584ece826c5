namespace XlLoraOnnx.Runtime;

/// <summary>
/// Answers that a decoder writes while it reads the source: the likeliest token each time, the whole text read again for each, since states
/// of the source are fused into tokens that are written as well.
/// </summary>
/// <param name="stops">Whether an end token ends an answer.</param>
internal sealed class FusionWriter(FusionModel model, FusionSchedule schedule, bool stops = true)
{
    private static readonly string[] Logits = ["logits"];

    /// <param name="batch">Rows of one adapter.</param>
    /// <returns>New tokens of each row, without the end token.</returns>
    public int[][] Write(IReadOnlyList<TaskRow> batch, int maxNewTokens, CancellationToken cancellationToken)
    {
        var width = model.Width(batch);
        var source = model.Facts.Source == "model" && batch.Any(r => r.Source is not null)
            ? new WrittenSource(model, schedule, batch, width, WriteBase([.. batch.Select(r => r.Source)], width, maxNewTokens, cancellationToken)) : null;
        return Continue(batch.Count, maxNewTokens, (rows, written) =>
        {
            var open = rows.Select(r => batch[r]).ToArray();
            var step = written[rows[0]].Count;
            var target = model.Padded([.. rows.Select(r => (int[])[.. batch[r].Target.Ids, .. written[r]])], width + step);
            var prepared = source is null ? Alone(open, target, width) : source.Fuse(rows, target, step);
            return model.Run(prepared with { TargetMask = Segments(open, width, step) }, Logits, batch[0].Adapter)[0];
        }, cancellationToken);
    }

    /// <summary>What the model writes after texts without an adapter.</summary>
    /// <param name="sources">Null for rows that have none, which write nothing.</param>
    public int[][] WriteBase(IReadOnlyList<int[]?> sources, int width, int maxNewTokens, CancellationToken cancellationToken)
    {
        int[] there = [.. Enumerable.Range(0, sources.Count).Where(i => sources[i] is not null)];
        var answers = Continue(there.Length, maxNewTokens, (rows, written) => model.RunBase(FusionRows.Alone(
            model.Padded([.. rows.Select(r => (int[])[.. sources[there[r]]!, .. written[r]])], width + written[rows[0]].Count)), Logits)[0],
            cancellationToken);
        var all = new int[sources.Count][];
        Array.Fill(all, []);
        for (var i = 0; i < there.Length; i++)
            all[there[i]] = answers[i];
        return all;
    }

    /// <param name="next">Rows that go on, and what all have written; gives the logits of their next tokens.</param>
    private int[][] Continue(
        int count, int maxNewTokens, Func<int[], List<int>[], float[]> next, CancellationToken cancellationToken)
    {
        var written = Enumerable.Range(0, count).Select(_ => new List<int>()).ToArray();
        int[] open = [.. Enumerable.Range(0, count)];
        for (var step = 0; step < maxNewTokens && open.Length > 0; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var logits = next(open, written);
            var vocabulary = logits.Length / open.Length;
            var goOn = new List<int>(open.Length);
            for (var i = 0; i < open.Length; i++)
            {
                var token = System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(logits.AsSpan(i * vocabulary, vocabulary));
                if (token < 0 || !float.IsFinite(logits[i * vocabulary + token]))
                    throw new InvalidDataException($"The model gives logits that are not finite for token {step + 1} of an answer.");
                if (stops && model.EosTokenIds.Contains(token))
                    continue;
                written[open[i]].Add(token);
                goOn.Add(open[i]);
            }
            open = [.. goOn];
        }
        return [.. written.Select(w => w.ToArray())];
    }

    /// <summary>No source, or one from a translation model: all of it for the prompt, then its last position.</summary>
    private FusionRows Alone(TaskRow[] rows, EncoderRows target, int width)
    {
        var first = model.Rows(rows, width);
        if (first.SourceStates.Count == 0)
            return FusionRows.Alone(target);
        var extended = new Extended(first, width, target.Length, model.Facts.SourceDimension!.Value);
        for (var row = 0; row < rows.Length; row++)
        {
            for (var at = width; at < target.Length; at++)
                extended.Copy(first.SourceStates, width, row, width - 1, at, first.SourceMask[(row + 1) * width - 1]);
        }
        return extended.Rows(target);
    }

    /// <summary>The prompt is 1, and each token after it a number of its own: functions that look at several positions see the tokens that
    /// went through the model together.</summary>
    private long[] Segments(TaskRow[] rows, int width, int step)
    {
        var (length, masked) = (width + step, model.Options.Padding == FusionPadding.Masked);
        var segments = new long[rows.Length * length];
        for (var row = 0; row < rows.Length; row++)
        {
            for (var at = 0; at < length; at++)
                segments[row * length + at] = at >= width ? at - width + 2 : masked && at < width - rows[row].Target.Ids.Length ? 0 : 1;
        }
        return segments;
    }

    /// <summary>States of the source of a batch: of its prompt, and of what the model writes after it.</summary>
    private sealed class WrittenSource
    {
        private readonly FusionModel _model;
        private readonly FusionSchedule _schedule;
        private readonly FusionRows _prompt;
        private readonly IReadOnlyList<float[]> _after;
        private readonly int[][] _written;
        private readonly int _width;
        private readonly int _afterWidth;

        /// <param name="written">After each source, without an adapter.</param>
        public WrittenSource(FusionModel model, FusionSchedule schedule, IReadOnlyList<TaskRow> batch, int width, int[][] written)
        {
            (_model, _schedule, _width) = (model, schedule, width);
            _prompt = model.Rows(batch, width);
            // the last one is not read any more
            _written = [.. written.Select(w => w.Length > 1 ? w[..^1] : [])];
            var most = _written.Max(w => w.Length);
            _afterWidth = width + most;
            _after = most == 0 ? [] : model.States(
                [.. batch.Select((r, i) => r.Source is null ? null : (int[])[.. r.Source, .. _written[i]])], _afterWidth);
        }

        public FusionRows Fuse(int[] rows, EncoderRows target, int step)
        {
            var dimension = _model.Facts.SourceDimension!.Value;
            var extended = new Extended(_prompt, rows, _width, target.Length, dimension);
            for (var i = 0; i < rows.Length; i++)
            {
                for (var k = 0; k <= step; k++)
                    Place(extended, i, rows[i], k);
            }
            return extended.Rows(target);
        }

        /// <param name="k">0 for the prompt, else the token that was written.</param>
        private void Place(Extended extended, int i, int row, int k)
        {
            var steps = _written[row].Length;
            var from = Math.Min(_schedule == FusionSchedule.Released ? _width + k - 1 : k, steps);
            if (k == 0 && from == 0)
                return;
            var mask = _prompt.SourceMask[(row + 1) * _width - 1];
            for (var at = k == 0 ? 0 : _width + k - 1; at < _width + k; at++)
            {
                if (from == 0)
                    extended.Copy(_prompt.SourceStates, _width, row, _width - 1, at, mask, i);
                else
                    extended.Copy(_after, _afterWidth, row, _afterWidth - steps + from - 1, at, mask, i);
            }
        }
    }

    /// <summary>Source and its mask, of a prompt and of tokens behind it.</summary>
    private sealed class Extended
    {
        private readonly float[][] _states;
        private readonly long[] _mask;
        private readonly int _length;
        private readonly int _dimension;

        public Extended(FusionRows prompt, int width, int length, int dimension)
            : this(prompt, [.. Enumerable.Range(0, prompt.Target.Count)], width, length, dimension)
        {
        }

        public Extended(FusionRows prompt, int[] rows, int width, int length, int dimension)
        {
            (_length, _dimension) = (length, dimension);
            _mask = new long[rows.Length * length];
            _states = [.. prompt.SourceStates.Select(_ => new float[rows.Length * length * dimension])];
            for (var i = 0; i < rows.Length; i++)
            {
                prompt.SourceMask.AsSpan(rows[i] * width, width).CopyTo(_mask.AsSpan(i * length));
                for (var layer = 0; layer < _states.Length; layer++)
                    prompt.SourceStates[layer].AsSpan(rows[i] * width * dimension, width * dimension)
                        .CopyTo(_states[layer].AsSpan(i * length * dimension));
            }
        }

        /// <summary>One state to one position of row <paramref name="to"/>.</summary>
        public void Copy(IReadOnlyList<float[]> from, int width, int row, int position, int at, long mask, int? to = null)
        {
            var i = to ?? row;
            _mask[i * _length + at] = mask;
            for (var layer = 0; layer < _states.Length; layer++)
                from[layer].AsSpan((row * width + position) * _dimension, _dimension)
                    .CopyTo(_states[layer].AsSpan((i * _length + at) * _dimension));
        }

        public FusionRows Rows(EncoderRows target) => new(target, _mask, target.AttentionMask, _states);
    }
}
