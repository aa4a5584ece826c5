namespace XlLoraOnnx.Evaluation;

/// <summary>What is done with a field of a file from elsewhere.</summary>
internal enum FieldUse
{
    /// <summary>It changes what is read, or under which names.</summary>
    Used,

    /// <summary>It says nothing about which texts are measured how.</summary>
    Neutral,

    /// <summary>It asks for something that is not done, so that the file is not read.</summary>
    Refused,

    /// <summary>It is not followed, and that is said.</summary>
    Ignored,
}

/// <summary>The fields of a dataset card's metadata, as the hub and datasets 4 read them (datasets/utils/metadata.py; huggingface_hub,
/// repocard_data.py), and what is done with each.</summary>
internal static class DatasetCardFields
{
    public const string Configs = "configs";
    public const string ConfigName = "config_name";
    public const string DataFiles = "data_files";
    public const string DataDir = "data_dir";
    public const string Split = "split";
    public const string Pattern = "path";
    public const string Language = "language";

    public static readonly IReadOnlyDictionary<string, FieldUse> OfCard = Table(
        used: [Language, Configs],
        neutral:
        [
            "annotations_creators", "arxiv", "base_model", "co2_eq_emissions", "dataset_info", "extra_gated_button_content",
            "extra_gated_description", "extra_gated_fields", "extra_gated_heading", "extra_gated_prompt", "gated", "inference",
            "language_creators", "language_details", "language_bcp47", "library_name", "license", "license_link", "license_name",
            "multilinguality", "paperswithcode_id", "pretty_name", "size_categories", "source_datasets", "tags", "task_categories",
            "task_ids", "thumbnail", "train-eval-index", "viewer",
        ],
        refused: [], ignored: []);

    public static readonly IReadOnlyDictionary<string, FieldUse> OfConfig = Table(
        used: [ConfigName, DataFiles, DataDir],
        neutral: ["default", "description", "version"],
        refused: [],
        ignored:
        [
            "column_names", "delimiter", "encoding", "features", "field", "header", "names", "quotechar", "quoting", "sep", "skiprows",
        ]);

    public static readonly IReadOnlyDictionary<string, FieldUse> OfDataFile =
        Table(used: [Split, Pattern], neutral: [], refused: [], ignored: []);

    private static Dictionary<string, FieldUse> Table(string[] used, string[] neutral, string[] refused, string[] ignored) =>
        new((KeyValuePair<string, FieldUse>[])
        [
            .. used.Select(n => KeyValuePair.Create(n, FieldUse.Used)), .. neutral.Select(n => KeyValuePair.Create(n, FieldUse.Neutral)),
            .. refused.Select(n => KeyValuePair.Create(n, FieldUse.Refused)),
            .. ignored.Select(n => KeyValuePair.Create(n, FieldUse.Ignored)),
        ]);
}
