namespace XlLoraOnnx.Tokenizers;

/// <summary>Everything that one thread writes while it encodes; used again and again.</summary>
internal sealed class TokenizerWorkspace
{
    private char[] _valid = [];

    public WorkingText Text { get; } = new();

    public TokenOutput Output { get; } = new();

    public ModelScratch Model { get; } = new();

    /// <summary>The text itself, or a copy without halves of surrogate pairs.</summary>
    public ReadOnlySpan<char> WithoutLoneSurrogates(ReadOnlySpan<char> text)
    {
        if (LoneSurrogates.IndexOf(text) < 0)
            return text;
        if (_valid.Length < text.Length)
            _valid = new char[text.Length];
        text.CopyTo(_valid);
        LoneSurrogates.Replace(_valid.AsSpan(0, text.Length));
        return _valid.AsSpan(0, text.Length);
    }
}
