using System.Text.Json;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class LanguageIdentifierTests
{
    [TestMethod]
    [DataRow("The bus left ten minutes ago.", "eng")]
    [DataRow("Die bus het tien minute gelede vertrek.", "afr")]
    [DataRow("Yara biyu suna wasan ƙwallo a tsakar gida.", "hau")]
    [DataRow("दो बच्चे आँगन में गेंद से खेल रहे हैं।", "hin")]
    [DataRow("दोन मुले अंगणात चेंडूने खेळत आहेत.", "mar")]
    [DataRow("Dua anak bermain bola di halaman.", "ind")]
    [DataRow("아이 둘이 마당에서 공놀이를 하고 있다.", "kor")]
    [DataRow("ఆమె ఎప్పుడూ ఈత నేర్చుకోలేదు.", "tel")]
    [DataRow("Двоє дітей грають у м'яч на подвір'ї.", "ukr")]
    [DataRow("彼女は泳ぎを習ったことがない。", "jpn")]
    [DataRow("她从来没有学过游泳。", "cmn")]
    [DataRow("دو بچه در حیاط توپ بازی می‌کنند.", "pes")]
    [DataRow("12:30", "und")]
    [DataRow("", "und")]
    public void Identify_ASentence_TellsItsLanguage(string text, string code) =>
        Assert.AreEqual(code, LanguageIdentifier.Identify(text).Code);

    [TestMethod]
    public void Identify_AnchorsOfTenLanguages_IsRightIn98OfHundred()
    {
        var codes = "en=eng es=spa de=deu id=ind sw=swh ha=hau vi=vie zh=cmn ko=kor hi=hin".Split(' ')
            .ToDictionary(e => e[..2], e => e[3..]);
        var (right, all) = (0, 0);
        foreach (var line in Repository.WorldLines())
        {
            using var json = JsonDocument.Parse(line);
            var code = codes[json.RootElement.GetProperty("language").GetString()!];
            right += LanguageIdentifier.Identify(json.RootElement.GetProperty("sent0").GetString()!).Code == code ? 1 : 0;
            all++;
        }

        Assert.AreEqual(600, all);
        Assert.IsGreaterThanOrEqualTo(588, right);
    }

    [TestMethod]
    [DataRow("Hausa", "hau")]
    [DataRow("simplified chinese", "cmn")]
    [DataRow("Klingon", null)]
    public void CodeOf_AName_IsItsCode(string name, string? code) => Assert.AreEqual(code, LanguageIdentifier.CodeOf(name));

    [TestMethod]
    [DataRow("Mohammed Al-Fayed Abdullah Rahman")]
    [DataRow("Nein, danke.")]
    [DataRow("3 000 000 km")]
    [DataRow("OK")]
    public void Objection_ToNamesNumbersAndShortTexts_ThereIsNone(string text) =>
        Assert.IsNull(new LanguageCheck(LanguageTable.OfCode("eng")).Objection(text));

    [TestMethod]
    public void Objection_ToEnglishOfTheDemonstration_ThereIsNoneIn1000()
    {
        var check = new LanguageCheck(LanguageTable.OfCode("eng"));
        var texts = Repository.WorldLines().SelectMany(line =>
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.GetProperty("contradictions").EnumerateArray().Select(e => e.GetString()!).ToArray();
        }).Distinct().ToArray();

        var rejected = texts.Where(t => check.Objection(t) is not null).ToArray();

        Assert.IsGreaterThan(500, texts.Length);
        Assert.IsLessThanOrEqualTo(texts.Length / 1000, rejected.Length, string.Join('\n', rejected));
    }
}
