namespace XlLoraOnnx.Exporter.Tests;

/// <summary>docs/formats/fields.md says of every field what the lists of the code say.</summary>
[TestClass]
public sealed class FieldTableTests
{
    internal static ConfigFields[] Lists { get; } =
    [
        .. CheckpointNotices.Families.Values.Distinct(), DecoderFields.Gemma3Whole, GenerationFields.All, TokenizerFields.OfGenerator,
        TokenizerFields.OfEncoder, SentenceFields.Module, SentenceFields.Settings, SentenceFields.Transformer, SentenceFields.Pooling,
        SentenceFields.Layers, SentenceFields.Dense, SentenceFields.Normalize, PeftSettings.Fields,
    ];

    [TestMethod]
    public void Page_Tables_AreTheListsOfTheCode()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "formats", "fields.md")).ReplaceLineEndings("\n");
        var tables = Tables().Select(Markdown).ToArray();

        var missing = tables.Where(t => !page.Contains(t, StringComparison.Ordinal)).ToArray();
        if (missing.Length > 0)
            Assert.Fail("docs/formats/fields.md should have\n" + string.Join('\n', missing));
        var rows = page.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal));
        Assert.AreEqual("", string.Join('\n', rows.Where(r => !tables.Any(t => t.Contains(r, StringComparison.Ordinal)))));
    }

    [TestMethod]
    public void Tables_Titles_AreOfOneTableEach()
    {
        var titles = Tables().Select(t => t.Title).ToArray();

        CollectionAssert.AreEqual(titles.Distinct().ToArray(), titles);
    }

    /// <summary>Those within others after them.</summary>
    private static IEnumerable<FieldTable> Tables() => Lists.SelectMany(WithParts).Distinct();

    private static IEnumerable<FieldTable> WithParts(ConfigFields list) => list.Tables.SelectMany(table => (IEnumerable<FieldTable>)
        [table, .. table.Fields.Select(f => f.Parts).OfType<ConfigFields>().Distinct().SelectMany(WithParts)]);

    private static string Markdown(FieldTable table) =>
        $"### {table.Title}\n| field | what becomes of it | why |\n|---|---|---|\n" + string.Concat(table.Fields.Select(Row));

    private static string Row(ConfigField field)
    {
        var names = string.Join(", ", field.Names.Select(n => $"`{n}`"));
        var use = field.Use switch { FieldUse.Ignored => "notice", var other => other.ToString().ToLowerInvariant() };
        var unless = field.Harmless.Count == 0 ? "" : $" unless {string.Join(", ", field.Harmless.Select(h => $"`{h}`"))}";
        return $"| {names} | {use}{unless} | {field.Why} |\n";
    }
}
