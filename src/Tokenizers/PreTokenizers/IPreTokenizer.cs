namespace XlLoraOnnx.Tokenizers;

/// <summary>Cuts the pieces of the working text into smaller ones; added tokens stay as they are.</summary>
internal interface IPreTokenizer
{
    void PreTokenize(WorkingText text);
}

internal sealed class PreTokenizerSequence(IPreTokenizer[] preTokenizers) : IPreTokenizer
{
    public void PreTokenize(WorkingText text)
    {
        foreach (var preTokenizer in preTokenizers)
            preTokenizer.PreTokenize(text);
    }
}
