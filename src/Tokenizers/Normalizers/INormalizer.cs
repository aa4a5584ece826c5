namespace XlLoraOnnx.Tokenizers;

/// <summary>Changes the whole of the working text, before it is cut into pieces.</summary>
internal interface INormalizer
{
    void Normalize(WorkingText text);
}

internal sealed class NormalizerSequence(INormalizer[] normalizers) : INormalizer
{
    public void Normalize(WorkingText text)
    {
        foreach (var normalizer in normalizers)
            normalizer.Normalize(text);
    }
}
