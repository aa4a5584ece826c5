using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Runtime;

/// <summary>Translates with a model and its adapters, by a table of pairs.</summary>
public sealed class Translator : ITranslator
{
    private readonly ITextGenerator _generator;

    /// <summary>Translates with a loaded model; the caller keeps ownership.</summary>
    /// <param name="model">It must live as long as this.</param>
    /// <param name="pairs">What is translated, and how; null for every pair that the base model knows.</param>
    /// <exception cref="ArgumentException">A pair has no prompt, and the model no encoder; or an adapter is not there.</exception>
    public Translator(XlLoraModel model, TranslationPairs? pairs = null)
        : this((model ?? throw new ArgumentNullException(nameof(model))).Generator, pairs)
    {
        ModelName = model.ModelName;
        Pairs.Check(model);
    }

    /// <summary>Translates with any generator; the caller keeps ownership.</summary>
    /// <inheritdoc cref="Translator(XlLoraModel, TranslationPairs?)" path="/param[@name='pairs']"/>
    /// <param name="generator">It must live as long as this.</param>
    public Translator(ITextGenerator generator, TranslationPairs? pairs = null)
    {
        ArgumentNullException.ThrowIfNull(generator);
        (_generator, Pairs) = (generator, pairs ?? TranslationPairs.OfBase);
    }

    /// <inheritdoc/>
    public TranslationPairs Pairs { get; }

    /// <summary>What the model is called; null for a generator of one's own.</summary>
    public string? ModelName { get; }

    /// <inheritdoc/>
    public IAsyncEnumerable<TranslationResult> TranslateAsync(
        IEnumerable<TranslationRequest> requests, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var asked = new Dictionary<long, LanguagePair>();
        List<TranslationResult> empty = [];
        List<GenerationRequest> rows = [];
        foreach (var request in requests)
        {
            var row = Pairs.ToGeneration(request);
            var pair = new LanguagePair(request.SourceLanguage, request.TargetLanguage);
            if (!asked.TryAdd(request.RowId, pair))
                throw new ArgumentException($"Two requests have the row id {request.RowId}; each needs one of its own.", nameof(requests));
            if (string.IsNullOrWhiteSpace(request.Text))
                empty.Add(new TranslationResult
                {
                    RowId = request.RowId,
                    Pair = pair,
                    Text = "",
                    Adapter = row.Adapter,
                    FinishReason = FinishReason.Stop,
                });
            else
                rows.Add(row);
        }
        Pairs.CheckAdapters(rows.Select(r => r.Adapter).Distinct(), _generator.Adapters);
        return RunAsync(empty, rows, asked, cancellationToken);
    }

    private async IAsyncEnumerable<TranslationResult> RunAsync(List<TranslationResult> empty, List<GenerationRequest> rows,
        Dictionary<long, LanguagePair> asked, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var result in empty)
            yield return result;
        if (rows.Count == 0)
            yield break;
        await foreach (var generated in _generator.GenerateAsync(rows, cancellationToken).ConfigureAwait(false))
            yield return new TranslationResult
            {
                RowId = generated.RowId,
                Pair = asked[generated.RowId],
                Text = generated.Text.Trim(),
                Adapter = generated.Adapter,
                FinishReason = generated.FinishReason,
                PromptTokenCount = generated.PromptTokenCount,
                TokenCount = generated.TokenCount,
                RejectionKind = generated.RejectionKind,
                Error = generated.Error,
            };
    }
}
