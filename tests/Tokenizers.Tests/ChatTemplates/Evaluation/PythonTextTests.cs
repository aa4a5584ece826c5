namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>str and repr.</summary>
[TestClass]
public sealed class PythonTextTests
{
    [TestMethod]
    [DataRow(
        "{{ none }}|{{ true }}|{{ [none, true, 1, 1.5, 'a'] }}|{{ (1,) }}|{{ () }}|{{ {} }}|{{ {'a': [1]} }}",
        "None|True|[None, True, 1, 1.5, 'a']|(1,)|()|{}|{'a': [1]}")]
    [DataRow("{{ ['it\\'s'] }}", "[\"it's\"]")]
    [DataRow("{{ ['\"'] }}", "['\"']")]
    [DataRow("{{ ['\\'\"'] }}", "['\\'\"']")]
    [DataRow("{{ ['a\\\\b'] }}", "['a\\\\b']")]
    [DataRow("{{ ['\\n\\r\\t'] }}", "['\\n\\r\\t']")]
    [DataRow("{{ ['é'] }}", "['é']")]
    [DataRow("{{ ['\\x00\\x7f\\x85\\xa0\\xad'] }}", "['\\x00\\x7f\\x85\\xa0\\xad']")]
    [DataRow("{{ ['\\u200b\\u2028'] }}", "['\\u200b\\u2028']")]
    [DataRow("{{ ['😀'] }}", "['😀']")]
    [DataRow(
        "{{ [1e16, 1e-7, 12345678.9, 5e-324, 1.7976931348623157e308, -0.0] }}",
        "[1e+16, 1e-07, 12345678.9, 5e-324, 1.7976931348623157e+308, -0.0]")]
    [DataRow("{{ [[1, [2, (3, {'k': 'v'})]]] }}", "[[1, [2, (3, {'k': 'v'})]]]")]
    [DataRow("{{ range(3)|list }}", "[0, 1, 2]")]
    [DataRow("{{ 'a'|list }}", "['a']")]
    public void Of_Values_PrintsThemAsPythonDoes(string template, string expected) =>
        Assert.AreEqual(expected, Templates.Render(template));

    [TestMethod]
    [DataRow(0.0, "0.0")]
    [DataRow(-0.0, "-0.0")]
    [DataRow(1.0, "1.0")]
    [DataRow(0.1, "0.1")]
    [DataRow(1234.5, "1234.5")]
    [DataRow(0.0001, "0.0001")]
    [DataRow(0.00001, "1e-05")]
    [DataRow(1e15, "1000000000000000.0")]
    [DataRow(9999999999999998.0, "9999999999999998.0")]
    [DataRow(1e16, "1e+16")]
    [DataRow(1.2345e20, "1.2345e+20")]
    [DataRow(1e100, "1e+100")]
    [DataRow(5e-324, "5e-324")]
    [DataRow(double.NaN, "nan")]
    [DataRow(double.PositiveInfinity, "inf")]
    [DataRow(double.NegativeInfinity, "-inf")]
    public void OfFloat_Numbers_HaveTheShortestDigitsInPythonsForm(double value, string expected) =>
        Assert.AreEqual(expected, PythonText.OfFloat(value));

    [TestMethod]
    public void CodePoints_OfAText_CountPairsOnceAndHalvesOfThemToo()
    {
        foreach (var (text, expected) in ((string, int)[])
            [("", 0), ("abc", 3), ("a😀b", 3), ("\uD83D", 1), ("\uDE00\uD83D", 2), ("é\u0301", 2)])
        {
            Assert.AreEqual(expected, PythonText.Length(text));
            Assert.HasCount(expected, PythonText.CodePoints(text));
            Assert.AreEqual(text, string.Concat(PythonText.CodePoints(text)));
        }
    }

    [TestMethod]
    public void IsSpace_Characters_AreThoseOfPython()
    {
        // str.isspace over the basic plane, from Python 3.11
        const string Spaces = "\t\n\v\f\r\u001C\u001D\u001E\u001F \u0085\u00A0\u1680" +
            "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000";

        Assert.AreEqual(Spaces, string.Concat(Enumerable.Range(0, 0x10000).Select(c => (char)c).Where(PythonText.IsSpace)));
    }
}
