namespace XlLoraOnnx.Runtime;

/// <summary>
/// A decoder on one device with room for the keys and values of several rows, the slots. It computes and remembers; which row is where is
/// the engine's business. One thread at a time.
/// </summary>
/// <remarks>
/// Every call that computes can be made again after it has failed, for it writes only positions from those it is given on; but not where a
/// row <see cref="Drops"/> something in it: what it needs may be gone.
/// </remarks>
internal interface IDecoderDevice : IDisposable
{
    /// <summary>For messages: <c>cpu</c>, <c>cuda:0</c>.</summary>
    string Name { get; }

    /// <summary>Rows that can be held; 0 before <see cref="Reserve"/>.</summary>
    int Slots { get; }

    /// <summary>Positions of a slot.</summary>
    int Capacity { get; }

    /// <summary>
    /// First position that every layer still has of a slot in which so many have been written: layers that see a window alone may drop the
    /// others. 0 where nothing is dropped.
    /// </summary>
    int FirstKept(int length);

    /// <summary>Whether something goes when so many tokens come after what a slot has.</summary>
    bool Drops(int past, int tokens) => past > 0 && FirstKept(past + tokens) > FirstKept(past);

    /// <summary>What so many slots need beside the weights.</summary>
    /// <param name="filled">Positions of a slot that are likely to be filled at a time; null for all.</param>
    MemoryPlan Plan(int slots, int capacity, int? filled = null);

    /// <summary>Makes room for so many slots of so many positions.</summary>
    /// <param name="keep">Slots from the first on whose content stays.</param>
    /// <exception cref="DeviceMemoryException">There is not so much memory; everything is as before.</exception>
    void Reserve(int slots, int capacity, int keep);

    /// <summary>Replaces the adapters that rows can use: a row names one by its place in this list, its lane.</summary>
    /// <exception cref="InvalidDataException">A file is damaged or does not fit the model; the lanes are as before.</exception>
    void Mount(IReadOnlyList<LaneAdapter> adapters);

    /// <summary>Reads tokens into a slot, after what is there.</summary>
    /// <param name="past">Positions of the slot that are filled.</param>
    /// <param name="lane">−1 for no adapter.</param>
    /// <param name="wanted">Of how many tokens, the last ones, <see cref="Logits"/> are to be had, in their order.</param>
    void Prefill(int slot, int past, ReadOnlySpan<int> tokens, int lane, int wanted = 0);

    /// <summary>One token for each of the first slots; row i is slot i.</summary>
    void Decode(ReadOnlySpan<StepRow> rows);

    /// <summary>Index of the largest logit, where the device finds it itself; null where the logits are to be looked through.</summary>
    /// <param name="row">Among the rows of the last call whose logits were wanted.</param>
    int? Greedy(int row);

    /// <summary>Logits [vocab_size] of the last call that computed; may be overwritten, and are gone with the next one.</summary>
    /// <param name="row">Among the rows of that call whose logits were wanted. Different rows may be read on different threads.</param>
    Span<float> Logits(int row);

    /// <summary>Copies the first positions of a slot to another.</summary>
    void CopySlot(int from, int to, int length);

    /// <summary>What lies in a slot after its first positions is no longer needed: a device that can gives its memory back.</summary>
    void Trim(int slot, int length);

    /// <summary>A copy of the first positions of a slot; the caller disposes it.</summary>
    IStoredPrefix Store(int slot, int length);

    /// <summary>Puts the first positions of a stored prefix into a slot, of which <see cref="FirstKept"/> is that of the prefix.</summary>
    void Load(IStoredPrefix prefix, int slot, int length);
}

/// <summary>Keys and values of the beginning of a prompt.</summary>
internal interface IStoredPrefix : IDisposable
{
    long Bytes { get; }

    /// <summary>First position that it has of every layer.</summary>
    int FirstKept { get; }
}

/// <param name="Token">Whose keys and values are computed.</param>
/// <param name="Position">Of the token in its row; what lies before it in the slot is its past.</param>
/// <param name="Lane">−1 for no adapter.</param>
/// <param name="Wanted">Whether logits are wanted; a slot that only has to be passed over gives none.</param>
internal readonly record struct StepRow(int Token, int Position, int Lane, bool Wanted);

/// <param name="File">An .onnx_adapter file that has been checked.</param>
internal sealed record LaneAdapter(string Name, string File);
