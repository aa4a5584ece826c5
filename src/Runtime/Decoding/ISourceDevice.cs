namespace XlLoraOnnx.Runtime;

/// <summary>A decoder that writes what an encoder has read, for each slot a text; and several rows of a slot, the beams of a
/// search.</summary>
internal interface ISourceDevice : IDecoderDevice
{
    /// <summary>Rows of a slot: a step has so many for each, one behind the other. 1 without a search.</summary>
    int Beams { get; }

    /// <summary>Reads texts with the encoder, all together: from then on a slot's rows attend to its text.</summary>
    void Encode(IReadOnlyList<SourceRow> rows);

    /// <summary>Copies the first positions of a row of a slot to another of the same.</summary>
    void CopyBeam(int slot, int from, int to, int length);
}

/// <param name="Ids">Its language and its end among them.</param>
/// <param name="Lane">−1 for no adapter.</param>
internal readonly record struct SourceRow(int Slot, int[] Ids, int Lane);
