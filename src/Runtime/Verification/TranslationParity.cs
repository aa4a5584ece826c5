namespace XlLoraOnnx.Runtime;

/// <summary>A folder that translates against what was recorded: states and probabilities by the graph for scoring, answers by the engine.
/// </summary>
internal static class TranslationParity
{
    /// <summary>Of labels that are padding, as transformers has it.</summary>
    private const int NoLabel = -100;

    public static void Compare(ModelFolder folder, string referenceFile, ParityComparison comparison, CancellationToken cancellationToken)
    {
        using var reference = new TranslationReference(referenceFile, folder.Manifest);
        CompareStates(folder, reference, comparison, cancellationToken);
        CompareAnswers(folder, reference, comparison, "greedy", beams: 1, cancellationToken);
        var searched = reference.Languages.Where(l => reference.Has(l + ".beam"))
            .Select(l => (int)reference.Shape(l + ".beam")[1]).Distinct();
        foreach (var beams in searched.ToArray())
            CompareAnswers(folder, reference, comparison, "beam", beams, cancellationToken);
    }

    private static void CompareStates(
        ModelFolder folder, TranslationReference reference, ParityComparison comparison, CancellationToken cancellationToken)
    {
        var scored = reference.Languages.Where(l => reference.Has(l + ".decoder_input_ids")).ToArray();
        if (scored.Length == 0)
            return;
        using var run = new TranslationRun(folder, comparison.Options.Adapter);
        var vocabulary = folder.Manifest.Dimensions.VocabSize;
        foreach (var language in scored)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var outputs = run.Score(reference.InputIds, reference.AttentionMask,
                reference.Ids(language + ".decoder_input_ids", vocabulary), reference.Rows);
            if (language == scored[0])
                CompareEncoder(reference, outputs, comparison);
            var labels = reference.Has(language + ".labels") ? reference.Ids(language + ".labels", vocabulary, NoLabel) : null;
            long[] real = labels is null ? [] : [.. labels.Select(label => label == NoLabel ? 0L : 1L)];
            Values(language + ".decoder.last_hidden_state", outputs["decoder_last_hidden_state"], real);
            Values(language + ".logits", outputs["logits"], real);
            if (labels is not null && reference.Has(language + ".label_logprobs"))
                CompareProbabilities(reference, language, labels, outputs["logits"], comparison);
        }

        void Values(string name, float[] actual, long[] real)
        {
            if (reference.Has(name))
                comparison.Values(name, Cleared(reference.Floats(name), real), Cleared(actual, real));
        }
    }

    private static void CompareEncoder(
        TranslationReference reference, Dictionary<string, float[]> outputs, ParityComparison comparison)
    {
        var states = outputs.Keys.Where(name => name.StartsWith(TranslationRun.State, StringComparison.Ordinal)).ToArray();
        for (var i = 0; i < states.Length; i++)
            Compare($"encoder.hidden_states.{i}", TranslationRun.State + i);
        Compare("encoder.last_hidden_state", TranslationRun.State + (states.Length - 1));

        void Compare(string name, string output)
        {
            if (reference.Has(name))
                comparison.Values(name, reference.Floats(name), Cleared(outputs[output], reference.AttentionMask));
        }
    }

    /// <summary>Of each label, and their mean, the loss.</summary>
    private static void CompareProbabilities(
        TranslationReference reference, string language, long[] labels, float[] logits, ParityComparison comparison)
    {
        var vocabulary = logits.Length / labels.Length;
        var found = new float[labels.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            var row = logits.AsSpan(i * vocabulary, vocabulary);
            if (labels[i] != NoLabel)
                found[i] = (float)(row[(int)labels[i]] - LogProbabilities.LogSumExp(row));
        }
        comparison.Values(language + ".label_logprobs", reference.Floats(language + ".label_logprobs"), found);
        if (reference.Has(language + ".loss"))
            comparison.Values(language + ".loss", reference.Floats(language + ".loss"),
                [(float)(-found.Sum(p => (double)p) / labels.Count(l => l != NoLabel))]);
    }

    /// <param name="way"><c>greedy</c>, or <c>beam</c> for the best hypotheses and their scores.</param>
    private static void CompareAnswers(ModelFolder folder, TranslationReference reference, ParityComparison comparison, string way,
        int beams, CancellationToken cancellationToken)
    {
        string[] languages = [.. reference.Languages.Where(l => reference.Has($"{l}.{way}")
            && (beams == 1 || reference.Shape($"{l}.{way}")[1] == beams))];
        if (languages.Length == 0)
            return;
        using var model = XlLoraModel.Load(
            folder.FullPath, new XlLoraModelOptions { NumBeams = beams, Canary = comparison.Options.Canary });
        if (comparison.Options.Adapter is { } adapter && !model.Generator.Adapters.Contains(adapter))
            throw new ArgumentException(new AdapterCatalog(folder).UnknownAdapter(adapter), nameof(comparison));
        foreach (var language in languages)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var results = Translate(model, reference, comparison.Options.Adapter, language, way, cancellationToken);
            CompareTokens(folder, reference, comparison, $"{language}.{way}", language, results);
            if (beams > 1 && reference.Has(language + ".beam_scores"))
                comparison.Values(language + ".beam_scores (best)",
                    [.. reference.Floats(language + ".beam_scores").Chunk(beams).Select(row => row[0])],
                    [.. results.Select(r => (float)r.Hypotheses![0].Score)]);
        }
    }

    private static GenerationResult[] Translate(XlLoraModel model, TranslationReference reference, string? adapter, string language,
        string way, CancellationToken cancellationToken)
    {
        // the code of the language counts there; beams end at the same length only if it is known where that is
        var margins = $"{language}.{way}_margin";
        var most = way == "beam" && reference.Has(margins) ? (int)reference.Shape(margins)[1] - 1
            : (int)reference.Shape($"{language}.{way}")[^1] - 2;
        var requests = Enumerable.Range(0, reference.Rows).Select(row => new GenerationRequest
        {
            RowId = row,
            Translation = new TranslationSource("", "", language) { Tokens = reference.Source(row) },
            Adapter = adapter,
            MaxNewTokens = Math.Max(1, most),
            Sampling = new SamplingOptions { DoSample = false },
        });
        var results = model.GenerateAsync(requests, cancellationToken).ToBlockingEnumerable(cancellationToken)
            .OrderBy(r => r.RowId).ToArray();
        return Array.Find(results, r => r.Error is not null) is { } failed
            ? throw new InvalidDataException($"Row {failed.RowId} of '{language}.{way}' cannot be translated: {failed.Error}")
            : results;
    }

    /// <summary>Of rows that rounding alone cannot have decided.</summary>
    private static void CompareTokens(ModelFolder folder, TranslationReference reference, ParityComparison comparison, string name,
        string language, GenerationResult[] results)
    {
        var ids = reference.Ids(name, folder.Manifest.Dimensions.VocabSize);
        var width = ids.Length / reference.Rows;
        var (most, margins) = (comparison.Margin, reference.Has(name + "_margin") ? reference.Floats(name + "_margin") : null);
        var (expected, found) = (new List<long>(), new List<long>());
        for (var row = 0; row < reference.Rows; row++)
        {
            var of = margins?.AsSpan(row * (margins.Length / reference.Rows), margins.Length / reference.Rows).ToArray();
            if (of is not null && !of.All(m => m > most))
                continue;
            var wanted = ids.AsSpan(row * width, (int)reference.Shape(name)[^1]);
            expected.AddRange(wanted);
            found.AddRange(Row(folder, language, results[row], wanted.Length));
        }
        comparison.Tokens(name, [.. expected], [.. found]);
    }

    private static long[] Row(ModelFolder folder, string language, GenerationResult result, int width)
    {
        var row = new List<long> { folder.Decoder.Translation!.DecoderStartTokenId, folder.Translation!.GetLanguageId(language) };
        row.AddRange(result.Tokens.Select(t => (long)t));
        if (result.FinishReason == FinishReason.Stop)
            row.Add(folder.Translation.EosTokenId);
        row.AddRange(Enumerable.Repeat((long)folder.Tokens.PadTokenId, Math.Max(0, width - row.Count)));
        return [.. row.Take(width)];
    }

    /// <summary>Zeros where nothing is: the states of padding are nobody's business.</summary>
    private static float[] Cleared(float[] values, long[] real)
    {
        var width = real.Length == 0 ? 0 : values.Length / real.Length;
        for (var i = 0; i < real.Length; i++)
        {
            if (real[i] == 0)
                values.AsSpan(i * width, width).Clear();
        }
        return values;
    }
}
