namespace XlLoraOnnx.Synthesis;

/// <summary>Languages as datasets of the Hugging Face hub are searched by: two letters (ISO 639-1) where a language has them.</summary>
internal static class HubLanguages
{
    private static readonly Dictionary<string, string> TwoLetters = """
        afr af, amh am, ara ar, arb ar, aze az, bel be, ben bn, bod bo, bul bg, cat ca, ces cs, cmn zh, cym cy, dan da, deu de, ell el,
        eng en, epo eo, est et, eus eu, fas fa, fin fi, fra fr, gle ga, glg gl, guj gu, hau ha, heb he, hin hi, hrv hr, hun hu, hye hy,
        ibo ig, ind id, isl is, ita it, jav jv, jpn ja, kan kn, kat ka, kaz kk, khm km, kin rw, kir ky, kor ko, lao lo, lit lt, mal ml,
        mar mr, mkd mk, mlg mg, mlt mt, mon mn, mya my, nep ne, nld nl, nob nb, nya ny, ori or, pan pa, pes fa, pol pl, por pt, pus ps,
        ron ro, rus ru, sin si, slk sk, slv sl, sna sn, som so, sot st, spa es, sqi sq, srp sr, sun su, swa sw, swe sv, swh sw, tam ta,
        tat tt, tel te, tgk tg, tgl tl, tha th, tir ti, tuk tk, tur tr, uig ug, ukr uk, urd ur, uzb uz, vie vi, wol wo, xho xh, yid yi,
        yor yo, zho zh, zul zu
        """.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(pair => pair.Split(' ')).ToDictionary(pair => pair[0], pair => pair[1]);

    /// <param name="code">Lower-case ISO 639-1, -2 or -3.</param>
    public static string CodeOf(string code) => TwoLetters.GetValueOrDefault(code, code);
}
