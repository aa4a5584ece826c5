namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Reports to look at: every field is set, and rows are in many scripts.</summary>
internal static class ReportSamples
{
    private static readonly (string Code, string Name, string Sent0)[] Sentences =
    [
        ("ara", "Arabic", "اشترى الصبي ثلاثة كتب من السوق، ثم عاد إلى البيت."),
        ("urd", "Urdu", "لڑکے نے بازار سے تین کتابیں خریدیں اور گھر واپس آ گیا۔"),
        ("heb", "Hebrew", "הילד קנה שלושה ספרים בשוק (ליד ה-Museum) וחזר הביתה."),
        ("tha", "Thai", "เด็กชายซื้อหนังสือสามเล่มจากตลาดแล้วเดินกลับบ้านพร้อมกับแม่ของเขาในตอนเย็น"),
        ("amh", "Amharic", "ልጁከገበያሦስትመጻሕፍትንገዝቶወደቤቱተመለሰ።"),
        ("tel", "Telugu", "అబ్బాయి బజారు నుండి మూడు పుస్తకాలు కొని ఇంటికి తిరిగి వెళ్ళాడు."),
        ("hau", "Hausa", "Yaron ya sayi littattafai uku a kasuwa sannan ya koma gida. 👩‍👩‍👧‍👦📚"),
        ("kor", "Korean", "소년은 시장에서 책 세 권을 사서 집으로 돌아갔다."),
    ];

    private static readonly string?[] Reasons = [null, null, null, null, null, null, "near-copy", null, null, "language", null, "length"];

    public static RunReportData Run(int rows = 1_000) => new()
    {
        RunId = "run-afro-asia-20260801",
        Title = "Afro-Asiatic anchors",
        Input = "sent0_mixed.csv",
        Started = new DateTimeOffset(2026, 8, 1, 18, 0, 0, TimeSpan.Zero),
        Finished = new DateTimeOffset(2026, 8, 3, 6, 41, 0, TimeSpan.Zero),
        ToolVersion = "0.1.0",
        Command = "xllora-onnx synthesize --model gemma-3-27b-it --input sent0_mixed.csv --output run-mixed/",
        Model = new ReportModel("gemma-3-27b-it", "gemma3", "int4", new string('a', 64)),
        Positive = new ReportSide(
            "Given a premise, return an entailment (in {language}).\n\nPremise: {premise}\n", "sha256:11", new("pos", "bb01")),
        Negative = new ReportSide(
            "Given a premise, return a contradiction (in {language}).\n\nPremise: {premise}\n", "sha256:22", new("neg", "cc02")),
        Strategy = "xl-lora",
        Sampling = [new("temperature", "1"), new("top_k", "64"), new("top_p", "0.95"), new("max_new_tokens", "128")],
        Seed = 42,
        Devices =
        [
            new("cuda:0", "continuous", "adapters can be mixed within a batch"), new("cpu", "genai", "chosen with --engine genai"),
        ],
        AnswerLanguage = "eng",
        Counts = new ReportCounts(500_000, 487_113, 500_000, 493_120, 6_880, 1_041_337, 22_910_414, 131_000),
        Acceptance =
        [
            new(SynthesisSide.Positive, "pos", 520_411, 496_020, 3_107), new(SynthesisSide.Negative, "neg", 520_926, 494_377, 2_009),
        ],
        Rejections =
        [
            new(RejectionReason.NearCopy, SynthesisSide.Positive, 14_002, 2_210),
            new(RejectionReason.Length, SynthesisSide.Negative, 9_120, 1_804),
            new(RejectionReason.Language, SynthesisSide.Negative, 7_301, 1_400), new(RejectionReason.Equal, null, 1_205, 1_091),
            new(RejectionReason.SpecialToken, null, 0, 375),
        ],
        Repairs = [new("quotes", 3_800), new("preamble", 1_316)],
        Languages = [.. Sentences.Select((s, i) => new ReportLanguage(s.Code, s.Name, 62_500 - 9 * i, 61_900 - 731 * i))],
        Truth = new ReportTruth(new TruthShares(600, 571, 533), new TruthShares(580, 566, 519)),
        Lengths =
        [
            new("sent0", Bell(10, 40, 74), Bell(4, 30, 22)), new("sent1", Bell(10, 40, 52), Bell(4, 30, 13)),
            new("hard_neg", Bell(10, 40, 58), Bell(4, 30, 14)),
        ],
        Duplicates = [new(SynthesisSide.Positive, Occurrences()), new(SynthesisSide.Negative, Occurrences())],
        NearDuplicates = 1_204,
        FrequentOutputs =
        [
            new(SynthesisSide.Negative, "The man is sleeping.", 311), new(SynthesisSide.Negative, "No one was there.", 190),
            new(SynthesisSide.Positive, "الصبي في البيت.", 77),
        ],
        Throughput =
        [
            .. Enumerable.Range(1, 120).Select(i => (Seconds: i * 1_091.7, Wave: Math.Sin(i / 5.0)))
                .Select(p => new ThroughputPoint(p.Seconds, 3.6 + p.Wave, 170 + 30 * p.Wave)),
        ],
        Rows = [.. Enumerable.Range(0, rows).Select(Row)],
    };

    /// <summary>A report of exactly these rows.</summary>
    public static RunReportData Of(params ReportRow[] rows) => Run(0) with
    {
        Counts = new ReportCounts(rows.Length, rows.Length, rows.Length, rows.Length, 0, 2 * rows.Length, 40, 2),
        Rows = rows,
    };

    public static ReportRow Row(int i)
    {
        var (code, _, sent0) = Sentences[i % Sentences.Length];
        var reason = Reasons[i % Reasons.Length];
        return new ReportRow(
            i, $"{i * 2654435761L % 4294967296L:x8}{i * 7919L:x24}", code, $"{sent0} ({i})", $"The boy bought three books. ({i})",
            reason == "length" ? null : $"The boy sold {i} books at the market.", reason,
            reason switch
            {
                "language" => "hard_neg is Spanish (0.93), asked for: English",
                "near-copy" => "sent1 differs in 2 of 61 characters",
                _ => null,
            },
            i % 17 == 3 ? ["quotes"] : [], i % 23 == 5);
    }

    private static HistogramData Bell(int width, int bins, int mean)
    {
        var histogram = Histogram.Linear(width, bins);
        for (var value = 1; value < 4 * mean; value++)
            histogram.Add(value, (long)(9_000 * Math.Exp(-Math.Pow(Math.Log((double)value / mean) / 0.5, 2))));
        return histogram.ToData();
    }

    private static HistogramData Occurrences()
    {
        var histogram = Histogram.Doubling(10);
        histogram.Add(1, 481_022);
        histogram.Add(2, 4_012);
        histogram.Add(4, 611);
        histogram.Add(7, 90);
        histogram.Add(311);
        return histogram.ToData();
    }
}
