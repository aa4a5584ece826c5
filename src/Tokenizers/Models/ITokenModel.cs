namespace XlLoraOnnx.Tokenizers;

/// <summary>Turns one piece of text into ids of its vocabulary. Has no state: what a run needs lies in the scratch.</summary>
internal interface ITokenModel
{
    ModelVocabulary Vocabulary { get; }

    void Tokenize(ReadOnlySpan<char> piece, TokenOutput output, ModelScratch scratch);
}
