using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>
/// The part of a masked language model in the steps of an encoder (<c>do_mlm</c> of SimCSE, arXiv 2104.08821, B): the texts of a batch once
/// more, with tokens hidden, and the gradients of what their guesses cost.
/// </summary>
internal sealed class LanguageModelSteps : IDisposable
{
    /// <summary>Of <see cref="CounterRandom"/>: what drops out is not what drops out in the first pass.</summary>
    private const ulong Stream = (1UL << 61) - 1;

    private readonly TokenMasking _masking;
    private readonly IReadOnlyList<Parameter> _inputs, _fixed;
    private readonly int _padTokenId;
    private readonly int? _chunkTexts;
    private readonly Lazy<StepSession> _session;

    /// <param name="parts">With a head.</param>
    /// <param name="settings">Of the contrastive steps.</param>
    /// <param name="parameters">Of the encoder and of the head.</param>
    public LanguageModelSteps(EncoderTaskParts parts, ContrastiveSettings settings, IReadOnlyList<Parameter> parameters)
    {
        var (checkpoint, options, training) = (parts.Checkpoint, parts.Options, parts.Training);
        _fixed = FixedTensors.Of(checkpoint.Graph, parameters);
        _inputs = [.. parameters, .. _fixed];
        (_padTokenId, _chunkTexts) = (checkpoint.Facts.PadTokenId, options.ChunkSize);
        _masking = new TokenMasking(checkpoint.Tokenizer, _padTokenId, checkpoint.Dimensions.VocabSize, checkpoint.Folder,
            options.MlmProbability, training.Seed);
        var seed = CounterRandom.Word((ulong)training.Seed, Stream, 0);
        _session = new(() =>
        {
            var (graph, gradients) = EncoderGraphs.Guesses(checkpoint.Graph, settings, parts.LanguageModel!, options.MlmWeight, parameters);
            return new StepSession(graph, gradients, training.Threads, seed);
        });
    }

    /// <summary>Adds the gradients of the weighted loss.</summary>
    /// <param name="gradients">Of the parameters.</param>
    /// <returns>The loss before its weight: the mean of −log p over all tokens of the batch that are guessed; 0 where none is.</returns>
    public float ComputeGradients(
        EncoderBatch batch, long step, IReadOnlyList<ParameterGradient> gradients, CancellationToken cancellationToken)
    {
        var texts = _masking.Of(batch, step);
        var guessed = texts.Sum(t => t.Places.Length);
        var loss = 0f;
        foreach (var (part, chunk) in batch.Chunks(_chunkTexts ?? batch.Count).Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (chunk.All(text => texts[text].Places.Length == 0))
                continue;
            using var feed = Feed(batch, texts, chunk, step, part);
            feed.Add(EncoderGraphs.GuessScale, OrtValue.CreateTensorValueFromMemory(new[] { 1f / guessed }, []));
            loss += _session.Value.Run(feed, EncoderGraphs.Loss, gradients)[0];
        }
        return loss;
    }

    public void Dispose()
    {
        if (_session.IsValueCreated)
            _session.Value.Dispose();
        foreach (var tensor in _fixed)
            tensor.Dispose();
    }

    private StepFeed Feed(EncoderBatch batch, MaskedText[] texts, int[] chunk, long step, int part)
    {
        var hidden = new EncoderBatch([.. chunk.Select(text => texts[text].Ids)], _padTokenId);
        var (places, labels) = (new List<long>(), new List<long>());
        foreach (var (row, text) in chunk.Index())
        {
            foreach (var place in texts[text].Places)
            {
                places.Add((long)row * hidden.Length + place);
                labels.Add(batch[text][place]);
            }
        }
        var feed = new StepFeed(_inputs);
        long[] shape = [hidden.Count, hidden.Length];
        feed.Add("input_ids", OrtValue.CreateTensorValueFromMemory(hidden.InputIds, shape));
        feed.Add("attention_mask", OrtValue.CreateTensorValueFromMemory(hidden.AttentionMask, shape));
        feed.Add("token_type_ids", OrtValue.CreateTensorValueFromMemory(new long[hidden.InputIds.Length], shape));
        feed.Add(EncoderGraphs.GuessPlaces, OrtValue.CreateTensorValueFromMemory(places.ToArray(), [places.Count]));
        feed.Add(EncoderGraphs.GuessLabels, OrtValue.CreateTensorValueFromMemory(labels.ToArray(), [labels.Count]));
        _session.Value.Prepare(
            feed, new Dictionary<string, long> { ["rows"] = hidden.Count, ["sequence_length"] = hidden.Length, ["guesses"] = places.Count },
            step, part);
        return feed;
    }
}
