
namespace XlLoraOnnx.Formats.Tests;

[TestClass]
public sealed class ConfigReaderTests
{
    [TestMethod]
    public void Get_AbsentOrNull_IsTheFallback()
    {
        var config = Open("""{"a":null}""");

        Assert.AreEqual(7, config.Int("a", 7));
        Assert.AreEqual(1.5, config.Number("b", 1.5));
        Assert.IsTrue(config.Bool("b", true));
        Assert.IsNull(config.OptionalObject("a"));
        Assert.IsEmpty(config.Ints("a"));
        Assert.IsFalse(config.Has("a"));
    }

    [TestMethod]
    public void Get_WrongType_NamesFileFieldValueAndWhatIsExpected()
    {
        var config = Open("""{"o":{"r":"8","flag":1,"n":[1,2.5],"s":{},"x":0,"list":[1]}}""").OptionalObject("o")!;

        foreach (var (read, field, value, expected) in (IEnumerable<(Action, string, string, string)>)
        [
            (() => config.Int("r", 0), "o.r", "\"8\"", "an integer"),
            (() => config.Bool("flag", false), "o.flag", "1", "true or false"),
            (() => config.Ints("n"), "o.n", "2.5", "an integer"),
            (() => config.OptionalString("s"), "o.s", "{}", "a string"),
            (() => config.PositiveInt("x", 1), "o.x", "0", "at least 1"),
            (() => config.PositiveNumber("x", 1), "o.x", "0", "above 0"),
            (() => config.OptionalStrings("list"), "o.list", "1", "a string"),
            (() => config.OptionalObject("r"), "o.r", "\"8\"", "an object"),
        ])
        {
            var error = Assert.ThrowsExactly<InvalidDataException>(read);
            foreach (var part in (string[])["config.json", field, value, expected])
                StringAssert.Contains(error.Message, part);
        }
    }

    [TestMethod]
    [DataRow("[1]", "expected an object")]
    [DataRow("{", "not valid JSON")]
    [DataRow("""{"a":1,"a":2}""", "not valid JSON")]
    public void Open_NoObject_IsRefused(string text, string message)
    {
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Open(text)).Message, message);
    }

    [TestMethod]
    public void Open_NestedBeyondTheLimit_IsRefused()
    {
        var text = string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100);

        Assert.ThrowsExactly<InvalidDataException>(() => Open(text));
    }

    private static ConfigReader Open(string text)
    {
        using var folder = new TemporaryFolder();
        return ConfigReader.Open(folder.Write("config.json", text));
    }
}
