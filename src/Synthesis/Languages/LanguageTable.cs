namespace XlLoraOnnx.Synthesis;

/// <summary>The languages that are told apart, by code and by English name.</summary>
internal static class LanguageTable
{
    /// <summary>Code, English name with other names after a bar, scripts that it is commonly written in.</summary>
    private static readonly (string Code, string Names, Script[] Scripts)[] Rows =
    [
        ("eng", "English", [Script.Latin]), ("spa", "Spanish|Castilian", [Script.Latin]),
        ("por", "Portuguese|Brazilian Portuguese|European Portuguese", [Script.Latin]), ("fra", "French", [Script.Latin]),
        ("deu", "German", [Script.Latin]), ("ita", "Italian", [Script.Latin]), ("nld", "Dutch|Flemish", [Script.Latin]),
        ("afr", "Afrikaans", [Script.Latin]), ("swe", "Swedish", [Script.Latin]), ("dan", "Danish", [Script.Latin]),
        ("nob", "Norwegian|Norwegian Bokmål|Bokmål", [Script.Latin]), ("isl", "Icelandic", [Script.Latin]),
        ("fin", "Finnish", [Script.Latin]), ("est", "Estonian", [Script.Latin]), ("lit", "Lithuanian", [Script.Latin]),
        ("pol", "Polish", [Script.Latin]), ("ces", "Czech", [Script.Latin]), ("slk", "Slovak", [Script.Latin]),
        ("slv", "Slovenian|Slovene", [Script.Latin]), ("hrv", "Croatian|Bosnian", [Script.Latin]),
        ("hun", "Hungarian", [Script.Latin]), ("ron", "Romanian|Moldovan", [Script.Latin]), ("sqi", "Albanian", [Script.Latin]),
        ("tur", "Turkish", [Script.Latin]), ("aze", "Azerbaijani|Azeri", [Script.Latin]), ("uzb", "Uzbek", [Script.Latin, Script.Cyrillic]),
        ("tuk", "Turkmen", [Script.Latin]), ("cat", "Catalan", [Script.Latin]), ("glg", "Galician", [Script.Latin]),
        ("eus", "Basque", [Script.Latin]), ("cym", "Welsh", [Script.Latin]), ("gle", "Irish", [Script.Latin]),
        ("mlt", "Maltese", [Script.Latin]), ("epo", "Esperanto", [Script.Latin]), ("ind", "Indonesian|Malay", [Script.Latin]),
        ("jav", "Javanese", [Script.Latin]), ("sun", "Sundanese", [Script.Latin]), ("tgl", "Tagalog|Filipino", [Script.Latin]),
        ("ceb", "Cebuano", [Script.Latin]), ("mlg", "Malagasy", [Script.Latin]), ("vie", "Vietnamese", [Script.Latin]),
        ("swh", "Swahili", [Script.Latin]), ("hau", "Hausa", [Script.Latin]), ("yor", "Yoruba", [Script.Latin]),
        ("ibo", "Igbo", [Script.Latin]), ("zul", "Zulu", [Script.Latin]), ("xho", "Xhosa", [Script.Latin]),
        ("sna", "Shona", [Script.Latin]), ("kin", "Kinyarwanda", [Script.Latin]), ("som", "Somali", [Script.Latin]),
        ("wol", "Wolof", [Script.Latin]),
        ("sot", "Sotho|Southern Sotho", [Script.Latin]), ("nya", "Chichewa|Chewa|Nyanja", [Script.Latin]),
        ("rus", "Russian", [Script.Cyrillic]), ("ukr", "Ukrainian", [Script.Cyrillic]), ("bel", "Belarusian", [Script.Cyrillic]),
        ("bul", "Bulgarian", [Script.Cyrillic]), ("mkd", "Macedonian", [Script.Cyrillic]),
        ("srp", "Serbian", [Script.Cyrillic, Script.Latin]), ("kaz", "Kazakh", [Script.Cyrillic]),
        ("kir", "Kyrgyz", [Script.Cyrillic]), ("tgk", "Tajik", [Script.Cyrillic]),
        ("mon", "Mongolian", [Script.Cyrillic]), ("tat", "Tatar", [Script.Cyrillic]), ("arb", "Arabic|Standard Arabic", [Script.Arabic]),
        ("pes", "Persian|Farsi", [Script.Arabic]), ("urd", "Urdu", [Script.Arabic]), ("pus", "Pashto", [Script.Arabic]),
        ("uig", "Uyghur", [Script.Arabic]), ("hin", "Hindi", [Script.Devanagari]), ("mar", "Marathi", [Script.Devanagari]),
        ("nep", "Nepali", [Script.Devanagari]), ("bho", "Bhojpuri", [Script.Devanagari]), ("mai", "Maithili", [Script.Devanagari]),
        ("amh", "Amharic", [Script.Ethiopic]), ("tir", "Tigrinya", [Script.Ethiopic]), ("heb", "Hebrew", [Script.Hebrew]),
        ("yid", "Yiddish", [Script.Hebrew]), ("ell", "Greek|Modern Greek", [Script.Greek]), ("hye", "Armenian", [Script.Armenian]),
        ("kat", "Georgian", [Script.Georgian]), ("ben", "Bengali|Bangla", [Script.Bengali]),
        ("pan", "Punjabi|Panjabi", [Script.Gurmukhi, Script.Arabic]), ("guj", "Gujarati", [Script.Gujarati]),
        ("ori", "Odia|Oriya", [Script.Oriya]), ("tam", "Tamil", [Script.Tamil]), ("tel", "Telugu", [Script.Telugu]),
        ("kan", "Kannada", [Script.Kannada]), ("mal", "Malayalam", [Script.Malayalam]), ("sin", "Sinhala|Sinhalese", [Script.Sinhala]),
        ("tha", "Thai", [Script.Thai]), ("lao", "Lao", [Script.Lao]), ("bod", "Tibetan", [Script.Tibetan]),
        ("mya", "Burmese", [Script.Myanmar]), ("khm", "Khmer", [Script.Khmer]), ("kor", "Korean", [Script.Hangul]),
        ("jpn", "Japanese", [Script.Kana, Script.Han]),
        ("cmn", "Chinese|Mandarin|Mandarin Chinese|Simplified Chinese|Traditional Chinese", [Script.Han]),
    ];

    private static readonly LanguageEntry[] Entries = [.. Rows.Select(r => new LanguageEntry(r.Code, r.Names.Split('|')[0], r.Scripts))];
    private static readonly Dictionary<string, LanguageEntry> ByCode = Entries.ToDictionary(e => e.Code);
    private static readonly Dictionary<string, LanguageEntry> ByName = Rows
        .SelectMany((row, i) => row.Names.Split('|').Select(name => (Name: name, Language: Entries[i])))
        .ToDictionary(pair => pair.Name, pair => pair.Language, StringComparer.OrdinalIgnoreCase);

    /// <summary>The main script of each language that has one to itself.</summary>
    private static readonly Dictionary<Script, LanguageEntry> Alone = Entries.GroupBy(e => e.Scripts[0]).Where(g => g.Count() == 1)
        .ToDictionary(g => g.Key, g => g.Single());

    public static IReadOnlyList<LanguageEntry> All => Entries;

    public static LanguageEntry OfCode(string code) => ByCode[code];

    /// <returns>Null for a language that is not in the table.</returns>
    public static LanguageEntry? Find(string nameOrCode) =>
        ByName.GetValueOrDefault(nameOrCode.Trim()) ?? ByCode.GetValueOrDefault(nameOrCode.Trim());

    /// <returns>Null where several languages of the table share the script.</returns>
    public static LanguageEntry? OnlyOneIn(Script script) => Alone.GetValueOrDefault(script);
}
