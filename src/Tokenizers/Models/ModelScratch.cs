namespace XlLoraOnnx.Tokenizers;

/// <summary>What the models write while they work; one for each thread at work.</summary>
internal sealed class ModelScratch
{
    private BpeScratch? _bpe;
    private LatticeScratch? _lattice;

    public BpeScratch Bpe => _bpe ??= new BpeScratch();

    public LatticeScratch Lattice => _lattice ??= new LatticeScratch();
}
