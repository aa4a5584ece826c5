namespace XlLoraOnnx.Evaluation;

/// <summary>What is measured.</summary>
public enum EvaluationTask
{
    /// <summary>Everything that the data allows.</summary>
    All,

    /// <summary>Semantic textual similarity: correlation of cosine and human score.</summary>
    Sts,

    /// <summary>Retrieval by cosine over the whole corpus.</summary>
    Retrieval,

    /// <summary>Alignment of pairs with the highest score, and uniformity of all sentences.</summary>
    Alignment,

    /// <summary>BLEU, chrF and chrF++ of translations: see <see cref="TranslationEvaluator"/>; no part of <see cref="All"/>.</summary>
    Translation,

    /// <summary>Predictions of XNLI: see <see cref="PredictionEvaluator"/>; no part of <see cref="All"/>.</summary>
    Xnli,

    /// <summary>Predictions of NusaX: see <see cref="PredictionEvaluator"/>; no part of <see cref="All"/>.</summary>
    NusaX,

    /// <summary>Predictions of TyDi QA: see <see cref="PredictionEvaluator"/>; no part of <see cref="All"/>.</summary>
    TyDiQa,
}
