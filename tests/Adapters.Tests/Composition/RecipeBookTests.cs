namespace XlLoraOnnx.Adapters.Tests;

[TestClass]
public sealed class RecipeBookTests
{
    private const string Full = """
        {
          "adapters": {"pos": "task/pos", "neg": "/elsewhere/neg", "english": "lm/english", "lm_{language}": "lm/{language}"},
          "template": {"positive": "pos + lambda * (lm_{language} - english)", "negative": "neg"},
          "lambda": 0.5, "mode": "svd", "rank": 8, "answers": "English",
          "languages": {"hau": {"name": "Hausa"}, "swh": {"lambda": 0.25, "negative": "neg + lm_swh"}},
          "default": {"positive": "pos", "negative": "2 * neg"}
        }
        """;

    [TestMethod]
    [OSCondition(OperatingSystems.Linux | OperatingSystems.OSX)]
    public void Of_ListedLanguages_TakesWhatTheyLackFromTheTemplate()
    {
        var book = RecipeBook.Parse(Full, "/books/recipes.json");

        var (hausa, swahili) = (book.Of("hau"), book.Of("swh"));

        Assert.AreEqual("Hausa", hausa.Name);
        Assert.AreEqual("pos + lambda * (lm_hau - english)", hausa.Positive!.Recipe.Text);
        Assert.AreEqual((0.5, 0.25), (hausa.Positive.Lambda, swahili.Positive!.Lambda));
        Assert.IsNull(hausa.Negative!.Lambda);
        Assert.AreEqual("neg + lm_swh", swahili.Negative!.Recipe.Text);
        Assert.AreEqual("/books/lm/hau", hausa.Positive.Parts["lm_hau"]);
        Assert.AreEqual("/books/task/pos", hausa.Positive.Parts["pos"]);
        Assert.AreEqual("/elsewhere/neg", hausa.Negative.Parts["neg"]);
        Assert.AreEqual((CompositionMode.Svd, 8), (book.Options.Mode, book.Options.Rank));
        Assert.AreEqual("English", book.Answers);
        CollectionAssert.AreEqual(new[] { "hau", "swh" }, book.Languages.ToArray());
    }

    [TestMethod]
    public void Of_LanguageThatIsNotListed_TakesTheDefaultOrNamesThoseThereAre()
    {
        var book = RecipeBook.Parse(Full, "recipes.json");
        var without = RecipeBook.Parse(
            """{"adapters": {"a": "a"}, "languages": {"hau": {"positive": "a"}, "swh": {"positive": "a"}}}""", "recipes.json");

        Assert.AreEqual("2 * neg", book.Of("amh").Negative!.Recipe.Text);
        Assert.IsNull(without.Of("hau").Negative);
        var e = Assert.ThrowsExactly<ArgumentException>(() => without.Of("amh"));
        StringAssert.Contains(e.Message, "\"amh\"");
        StringAssert.Contains(e.Message, "hau, swh");
    }

    [TestMethod]
    [DataRow("""[]""", "expected an object")]
    [DataRow("""{"languages": {"hau": {}}}""", "adapters is missing")]
    [DataRow("""{"adapters": {"a": 1}, "languages": {"hau": {}}}""", "expected a string")]
    [DataRow("""{"adapters": {"a": null}, "languages": {"hau": {}}}""", "adapters.a is missing or null")]
    [DataRow("""{"adapters": {"a": "a"}}""", "languages is missing")]
    [DataRow("""{"adapters": {"a": "a"}, "languages": ["hau"]}""", "expected an object")]
    [DataRow("""{"adapters": {"a": "a"}, "languages": {"hau": {"positve": "a"}}}""", "positve is \"a\"; it is not known")]
    [DataRow("""{"adapters": {"a-b": "a"}, "languages": {"hau": {"positive": "a-b"}}}""", "'-' is a minus")]
    [DataRow("""{"adapters": {"a": "a"}, "languages": {"hau": {"positive": "a *"}}}""", "languages.hau.positive is \"a *\"")]
    [DataRow("""{"adapters": {"a": "a"}, "languages": {"hau": {"positive": "lambda * a"}}}""", "'lambda'")]
    [DataRow("""{"adapters": {"a": "a"}, "languages": {"hau": {}}, "rank": 4}""", "only svd takes one")]
    [DataRow("""{"adapters": {"a": "a"}, "languages": {"hau": {}}, "mode": "ties", "density": 2}""", "density is 2")]
    [DataRow("""{"adapters": {"a": "a"}, "languages": {"hau": {}}, "majority_sign": "most"}""", "total, frequency")]
    [DataRow("""{"adapters": {"a": "a"}, "languages": {"hau": {}}, "seed": -1}""", "0 or more")]
    [DataRow("""{"adapters": {"a": "a"}, "languages": {"hau": {}}, "template": {"name": "x"}}""", "name is \"x\"; it is not known")]
    public void Parse_Malformed_NamesFileAndField(string text, string said)
    {
        var e = Assert.ThrowsExactly<InvalidDataException>(() => RecipeBook.Parse(text, "my-recipes.json"));

        StringAssert.Contains(e.Message, "my-recipes.json");
        StringAssert.Contains(e.Message, said);
    }
}
