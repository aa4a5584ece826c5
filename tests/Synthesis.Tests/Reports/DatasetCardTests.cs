namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class DatasetCardTests
{
    [TestMethod]
    public void Render_ARun_BeginsWithMetadataOfTheHub()
    {
        var card = DatasetCard.Render(ReportSamples.Run(0));

        StringAssert.StartsWith(card, """
            ---
            pretty_name: "Afro-Asiatic anchors"
            language:
              - "am"
              - "ar"
              - "en"
              - "ha"
              - "he"
              - "ko"
              - "te"
              - "th"
              - "ur"
            size_categories:
              - "100K<n<1M"
            task_categories:
              - "sentence-similarity"
            tags:
              - "synthetic"
              - "triplets"
              - "sentence-embeddings"
              - "hard-negatives"
              - "xllora-onnx"
            configs:
              - config_name: "default"
                data_files:
                  - split: "train"
                    path: "triplets.csv"
                keep_default_na: false
            ---

            # Afro-Asiatic anchors

            """.ReplaceLineEndings("\n"));
    }

    [TestMethod]
    [DataRow("`triplets.parquet` holds them, `triplets.csv` and `triplets.jsonl` the same rows; `receipts.jsonl` where", "triplets.parquet",
        "triplets.csv", "triplets.jsonl")]
    [DataRow("`triplets.jsonl` holds them; `receipts.jsonl` where each of them comes from", "triplets.jsonl")]
    public void Render_OtherTables_NameTheFirstAsTheData(string text, params string[] tables)
    {
        var card = DatasetCard.Render(ReportSamples.Run(0) with { Tables = tables });

        StringAssert.EndsWith(Metadata(card), $"    data_files:\n      - split: \"train\"\n        path: \"{tables[0]}\"\n");
        StringAssert.Contains(card, text);
    }

    [TestMethod]
    public void Render_WithoutALicence_StatesNoneAndSaysWhatToDo()
    {
        var card = DatasetCard.Render(ReportSamples.Run(0));

        Assert.DoesNotContain("license:", Metadata(card));
        StringAssert.Contains(card, "**Licence: not stated.** Before publishing, state one that agrees with the terms of the base model");
    }

    [TestMethod]
    [DataRow("cc-by-4.0", "license: \"cc-by-4.0\"\n")]
    [DataRow("Gemma terms, see LICENSE", "license: \"other\"\n")]
    public void Render_WithALicence_StatesExactlyThat(string license, string line)
    {
        var card = DatasetCard.Render(ReportSamples.Run(0) with { License = license });

        StringAssert.Contains(Metadata(card), line);
        StringAssert.Contains(card, $"{license}, as stated by who made the run.");
        Assert.DoesNotContain("not stated", card);
    }

    [TestMethod]
    [DataRow(0, "n<1K")]
    [DataRow(999, "n<1K")]
    [DataRow(1_000, "1K<n<10K")]
    [DataRow(493_120, "100K<n<1M")]
    [DataRow(1_000_000, "1M<n<10M")]
    [DataRow(999_999_999, "100M<n<1B")]
    [DataRow(5_000_000_000_000, "n>1T")]
    public void SizeCategory_OfANumber_IsSpelledAsTheHubDoes(long triplets, string category) =>
        Assert.AreEqual(category, DatasetCard.SizeCategory(triplets));

    [TestMethod]
    public void Render_LanguageCodes_AreThoseTheHubTakes()
    {
        var card = DatasetCard.Render(ReportSamples.Run(0) with
        {
            AnswerLanguage = "en",
            Languages =
            [
                new("no", "Norwegian", 2, 2), new("hau-Latn", "Hausa", 2, 2), new("bho", "Bhojpuri", 2, 2),
                new("und", "unknown", 2, 2), new("Klingon!", "?", 2, 2),
                new("fr", "French", 2, 0), new("EN", "English", 1, 1),
            ],
        });

        StringAssert.Contains(card, "language:\n  - \"bho\"\n  - \"en\"\n  - \"ha\"\n  - \"no\"\nsize_categories:");
    }

    [TestMethod]
    public void Render_ARun_HasEveryNumberAndFactInTheText()
    {
        var card = DatasetCard.Render(ReportSamples.Run(0));

        foreach (var fact in new[]
        {
            "493,120 triplets made by gemma-3-27b-it with xllora-onnx 0.1.0 from the 500,000 anchors of sent0\\_mixed.csv",
            "started 2026-08-01 18:00 UTC, finished 2026-08-03 06:41 UTC",
            "| Different anchors | 487,113 |", "| Triplets | 493,120 (98.6 % of the decided) |",
            "| Answers generated | 1,041,337 |", "| Hausa | hau | 62,446 | 57,514 |",
            "| `sent1` | pos | 520,411 | 496,020 | 95.3 % | 3,107 |",
            "| near-copy | `sent1` | 14,002 | 2,210 |", "| equal | row | 1,205 | 1,091 |",
            "| quotes | 3,800 |", "| raw | 600 | 95.2 % | 88.8 % |",
            "| accepted | 580 | 97.6 % | 89.5 % |", $"base fingerprint `{new string('a', 64)}`", "Adapter pos, fingerprint `bb01`.",
            "temperature 1, top\\_k 64, top\\_p 0.95, max\\_new\\_tokens 128, seed 42", "Prompt, `sha256:22`:",
            "```text\nGiven a premise, return a contradiction (in {language}).\n\nPremise: {premise}\n```\n",
            "Device: cuda:0, continuous (adapters can be mixed within a batch)", "xllora-onnx verify RUN --sample 1%", "XNLI",
            "```text\nxllora-onnx synthesize --model gemma-3-27b-it --input sent0_mixed.csv --output run-mixed/\n```\n",
            "Accepted answers that nearly equal an earlier one: 1,204.",
        })
            StringAssert.Contains(card, fact);
    }

    [TestMethod]
    public void Render_WhatARunDoesNotHave_IsNotInTheText()
    {
        var card = DatasetCard.Render(ReportSamples.Run(0) with
        {
            Finished = null,
            Negative = null,
            Positive = new("p {premise}", "h"),
            Truth = null,
            Repairs = [],
            Rejections = [],
            NearDuplicates = null,
            Counts = new(10, 10, 10, 4, 1, 5, 50, 1),
        });

        foreach (var absent in new[]
        {
            "`hard_neg` | generated", "### `hard_neg`", "## Repairs", "## Rejections", "ground truth\n", "nearly equal", "XNLI",
        })
            Assert.DoesNotContain(absent, card);
        StringAssert.Contains(card, "**not finished**");
        StringAssert.Contains(card, "No adapter: the base model alone.");
        StringAssert.Contains(card, "No ground truth was given");
        StringAssert.Contains(card, "- 5 rows are still open.");
    }

    [TestMethod]
    public void Render_HostileNames_StayText()
    {
        var card = DatasetCard.Render(ReportSamples.Run(0) with
        {
            Title = "a\"\nlicense: mit\n---\n# x <script>",
            Input = "in|put_`*<b>.csv",
            Positive = new("before\n```\n# out\n````\n", "`h`", new("a|b", "``x")),
        });

        StringAssert.Contains(card, "pretty_name: \"a\\\"\\U0000000Alicense: mit\\U0000000A---\\U0000000A# x <script>\"\nlanguage:");
        StringAssert.Contains(card, "\n# a\" license: mit --- # x \\<script\\>\n");
        StringAssert.Contains(card, "anchors of in\\|put\\_\\`\\*\\<b\\>.csv;");
        StringAssert.Contains(card, "Prompt, `` `h` ``:");
        StringAssert.Contains(card, "Adapter a\\|b, fingerprint ``` ``x ```.");
        StringAssert.Contains(card, "`````text\nbefore\n```\n# out\n````\n`````\n");
    }

    [TestMethod]
    [DataRow("no", "\"no\"")]
    [DataRow("\\ \" \t", "\"\\\\ \\\" \\U00000009\"")]
    [DataRow("😀 ሰላም", "\"😀 ሰላም\"")]
    [DataRow("a\u2028\u202E\uFEFF", "\"a\\U00002028\\U0000202E\\U0000FEFF\"")]
    public void Yaml_AnyText_IsOneQuotedScalar(string text, string expected) => Assert.AreEqual(expected, CardText.Yaml(text));

    [TestMethod]
    public void Yaml_HalfASurrogatePair_BecomesTheReplacementCharacter() => Assert.AreEqual("\"a\ufffdb\"", CardText.Yaml("a\ud800b"));

    private static string Metadata(string card) => card[..card.IndexOf("\n---\n", StringComparison.Ordinal)] + "\n";
}
