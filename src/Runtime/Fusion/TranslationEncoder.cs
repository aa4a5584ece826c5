namespace XlLoraOnnx.Runtime;

/// <summary>FLARE-MT: what a translation model's encoder makes of a text, in place of the same text in the source language.</summary>
internal sealed class TranslationEncoder : IDisposable
{
    /// <summary>As the manifest names it.</summary>
    public const string Kind = "translation_encoder";

    private readonly ModelFolder _folder;
    private readonly TranslationRun _run;
    private readonly string? _language;

    /// <exception cref="ArgumentException">The folder does not translate, has states of another size, or does not know the language.
    /// </exception>
    public TranslationEncoder(string folder, FusionOptions options, FlareFacts facts)
    {
        _folder = ModelFolder.Load(folder);
        if (_folder.Translation is null)
            throw new ArgumentException(
                $"'{folder}' ({_folder.Manifest.Family}) is no translation model with an encoder, such as NLLB-200.");
        if (_folder.Manifest.Dimensions.HiddenSize != facts.SourceDimension)
            throw new ArgumentException($"'{folder}' gives states of {_folder.Manifest.Dimensions.HiddenSize} numbers; the adapter was "
                + $"trained with those of another translation model, which have {facts.SourceDimension}.");
        if ((_language = options.TextLanguage) is not null)
            _folder.Translation.GetLanguageId(_language);
        _run = new TranslationRun(_folder, adapter: null);
        Padding = new PaddedRows(OnTheLeft: false, _folder.Tokens.PadTokenId);
    }

    /// <summary>On the right, whatever the side of the model that reads the states: so FLARE's code has it.</summary>
    public PaddedRows Padding { get; }

    public int VocabSize => _folder.Manifest.Dimensions.VocabSize;

    public string Fingerprint => _folder.Manifest.BaseFingerprint;

    /// <summary>The text as FLARE gives it to the encoder, under the code of its own language; FLARE's code says English of it.</summary>
    /// <exception cref="ArgumentException">Nobody said which language texts are in.</exception>
    public int[] Encode(string task, TaskText text, bool isDecoder, int maxLength)
    {
        if (_language is null)
            throw new ArgumentException("Say which language texts are in (TextLanguage, --text-language), as "
                + $"'{_folder.FullPath}' names it, such as {_folder.Translation!.Languages[0]}.");
        var whole = isDecoder ? TaskLayout.ForDecoder(task, text, null)
            : task == TaskLayout.Tydiqa ? text.First + text.Second
            : TaskLayout.ForEncoder(task, text, null);
        var ids = _folder.Translation!.EncodeSource(whole, _language);
        return ids.Length <= maxLength ? ids : [.. ids[..(maxLength - 1)], ids[^1]];
    }

    /// <returns>One layer, [rows, length, hidden].</returns>
    public IReadOnlyList<float[]> States(EncoderRows rows) => [_run.EncoderStates(rows)];

    public void Dispose() => _run.Dispose();
}
