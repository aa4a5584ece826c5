using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Synthesis;

/// <summary>The <c>README.md</c> of a run, as Hugging Face reads dataset cards: facts of the run, and nothing assumed.</summary>
/// <remarks>Metadata: https://github.com/huggingface/hub-docs/blob/main/datasetcard.md</remarks>
internal static partial class DatasetCard
{
    private static readonly (long Below, string Name)[] Sizes =
    [
        (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"),
        (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"), (10_000_000_000, "1B<n<10B"),
        (100_000_000_000, "10B<n<100B"), (1_000_000_000_000, "100B<n<1T"),
    ];

    /// <summary>The card, lines ended by <c>\n</c>.</summary>
    public static string Render(RunReportData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var card = new StringBuilder();
        Metadata(card, data);
        Summary(card, data);
        Licence(card, data);
        CardCounts.Append(card, data);
        Origin(card, data);
        Reproduction(card, data);
        Limits(card, data);
        return card.ToString();
    }

    /// <summary>The size category of a number of triplets, as Hugging Face spells it.</summary>
    internal static string SizeCategory(long triplets)
    {
        foreach (var (below, name) in Sizes)
        {
            if (triplets < below)
                return name;
        }
        return "n>1T";
    }

    private static void Metadata(StringBuilder card, RunReportData data)
    {
        Line(card, "---");
        Line(card, $"pretty_name: {CardText.Yaml(data.Title)}");
        // an identifier errs now and then: what is named is at least a hundredth of the data
        var all = data.Languages.Sum(l => l.Triplets);
        var languages = data.Languages.Where(l => l.Triplets > 0 && 100 * l.Triplets >= all).Select(l => l.Code)
            .Append(data.AnswerLanguage ?? "")
            .Select(LanguageCode).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        List(card, "language", languages);
        // The hub knows licences by identifiers; what is none of them is stated in the text, under "other".
        if (data.License is { } license)
            Line(card, $"license: {CardText.Yaml(LicenseIdentifier().IsMatch(license) ? license : "other")}");
        List(card, "size_categories", [SizeCategory(data.Counts.Triplets)]);
        List(card, "task_categories", ["sentence-similarity"]);
        List(card, "tags", ["synthetic", "triplets", "sentence-embeddings", "hard-negatives", "xllora-onnx"]);
        Line(card, "configs:");
        Line(card, "  - config_name: \"default\"");
        Line(card, "    data_files:");
        Line(card, "      - split: \"train\"");
        Line(card, $"        path: {CardText.Yaml(data.Tables[0])}");
        // pandas, which reads CSV there, takes NA, null and empty texts for missing ones unless it is told
        if (TripletFormats.Of(data.Tables[0]) == TripletFormat.Csv)
            Line(card, "    keep_default_na: false");
        Line(card, "---");
    }

    private static void List(StringBuilder card, string name, List<string> values)
    {
        if (values.Count == 0)
            return;
        Line(card, $"{name}:");
        foreach (var value in values)
            Line(card, $"  - {CardText.Yaml(value)}");
    }

    /// <summary>The primary subtag, as the hub searches by it; null where the code is none or says "unknown".</summary>
    private static string? LanguageCode(string code) =>
        Language().Match(code) is { Success: true } match && match.Groups[1].Value.ToLowerInvariant() is not "und" and var primary
            ? HubLanguages.CodeOf(primary)
            : null;

    private static void Summary(StringBuilder card, RunReportData data)
    {
        Line(card, "");
        Line(card, $"# {CardText.Inline(data.Title)}");
        Line(card, "");
        Line(card, $"{CardText.Number(data.Counts.Triplets)} triplets made by {CardText.Inline(data.Model.Name)} with xllora-onnx " +
            $"{CardText.Inline(data.ToolVersion)} from the {CardText.Number(data.Counts.Anchors)} anchors of " +
            $"{CardText.Inline(data.Input)}; started {CardText.Date(data.Started)}, " +
            $"{(data.Finished is { } finished ? $"finished {CardText.Date(finished)}" : "**not finished**")}.");
        Line(card, "");
        Line(card, "| Column | What it is |");
        Line(card, "|---|---|");
        Line(card, "| `sent0` | the anchor, as it stands in the input |");
        if (data.Positive is not null)
            Line(card, "| `sent1` | generated to follow from the anchor |");
        if (data.Negative is not null)
            Line(card, "| `hard_neg` | generated to contradict the anchor |");
        Line(card, "");
        var others = string.Join(" and ", data.Tables.Skip(1).Select(CardText.Code));
        var same = others.Length > 0 ? $", {others} the same rows" : "";
        Line(card, $"{CardText.Code(data.Tables[0])} holds them{same}; `receipts.jsonl` where each of them comes from, `rejected.jsonl` " +
            "what was left out and why, `run.json` everything that decided the result, and `report.html` shows the run.");
    }

    private static void Licence(StringBuilder card, RunReportData data)
    {
        Heading(card, "Licence");
        if (data.License is { } license)
            Line(card, $"{CardText.Inline(license)}, as stated by who made the run. xllora-onnx has not checked it.");
        else
            Line(card, "**Licence: not stated.** Before publishing, state one that agrees with the terms of the base model (they may " +
                "cover what it generates), of the adapters and of the anchors, and add it as `license` above.");
    }

    private static void Origin(StringBuilder card, RunReportData data)
    {
        Heading(card, "How it was made");
        Line(card, $"- Model: {CardText.Inline(data.Model.Name)}, family {CardText.Inline(data.Model.Family)}, precision " +
            $"{CardText.Inline(data.Model.Precision)}, base fingerprint {CardText.Code(data.Model.BaseFingerprint)}");
        Line(card, $"- Strategy: {CardText.Inline(data.Strategy)}");
        var sampling = data.Sampling.Select(f => $"{CardText.Inline(f.Name)} {CardText.Inline(f.Value)}");
        Line(card, $"- Sampling: {string.Join(", ", sampling.Append($"seed {data.Seed.ToString(CultureInfo.InvariantCulture)}"))}");
        foreach (var device in data.Devices)
            Line(card, $"- Device: {CardText.Inline(device.Name)}, {CardText.Inline(device.Engine)} ({CardText.Inline(device.Why)})");
        Line(card, $"- Language of the answers: {(data.AnswerLanguage is { } code ? CardText.Inline(code) : "the anchor's")}");
        Side(card, "sent1", data.Positive);
        Side(card, "hard_neg", data.Negative);
    }

    private static void Side(StringBuilder card, string column, ReportSide? side)
    {
        if (side is null)
            return;
        Line(card, "");
        Line(card, $"### {CardText.Code(column)}");
        Line(card, "");
        Line(card, side.Adapter is { } adapter
            ? $"Adapter {CardText.Inline(adapter.Name)}, fingerprint {CardText.Code(adapter.Fingerprint)}."
            : "No adapter: the base model alone.");
        Line(card, "");
        Line(card, $"Prompt, {CardText.Code(side.PromptHash)}:");
        Line(card, "");
        card.Append(CardText.Block(side.Prompt));
    }

    private static void Reproduction(StringBuilder card, RunReportData data)
    {
        Heading(card, "Reproduce and verify");
        if (data.Command is { } command)
        {
            Line(card, "Made by:");
            Line(card, "");
            card.Append(CardText.Block(command));
            Line(card, "");
        }
        Line(card, "With the model folder of that fingerprint the same settings (`run.json`) make the rows again. Another device or " +
            "another engine may choose other tokens where two are nearly as likely. To check rows of this folder, RUN, against the model:");
        Line(card, "");
        card.Append(CardText.Block("xllora-onnx verify RUN --sample 1%"));
    }

    private static void Limits(StringBuilder card, RunReportData data)
    {
        Heading(card, "Known limits");
        Line(card, "- The generated columns are synthetic: no person has read them unless said here.");
        Line(card, "- Filters look at the form of an answer (length, copies, language, left-overs), not at whether it is true.");
        if (data.Positive?.Adapter is not null || data.Negative?.Adapter is not null)
            Line(card, "- Adapters published with XL-LoRA were trained on premises of XNLI's test and validation sets: do not report " +
                "results on XNLI for what is trained on these triplets, unless the adapters used here are known to be others.");
        if (data.Truth is null)
            Line(card, "- No ground truth was given: which share of the triplets is right has not been measured.");
        if (data.Counts.Open > 0)
            Line(card, $"- {CardText.Number(data.Counts.Open)} rows are still open.");
    }

    private static void Heading(StringBuilder card, string text)
    {
        Line(card, "");
        Line(card, $"## {text}");
        Line(card, "");
    }

    internal static void Line(StringBuilder card, string text) => card.Append(text).Append('\n');

    [GeneratedRegex("^([A-Za-z]{2,3})(?:[-_].*)?$")]
    private static partial Regex Language();

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.\-]*$")]
    private static partial Regex LicenseIdentifier();
}
