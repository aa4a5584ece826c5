using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>Where the latest answer to a sentence is, and what it is worth.</summary>
/// <param name="File">Number of the journal in this run's list.</param>
/// <param name="Offset">Of the record in it.</param>
/// <param name="OfPair">Whether it was refused because of the other sentence, after it had been taken.</param>
internal readonly record struct AnswerPlace(SentenceStatus Status, int Attempt, int File, long Offset, bool OfPair = false)
{
    private const int StatusShift = 62, PairShift = 61, AttemptShift = 50, FileShift = 38;
    private const ulong AttemptMask = (1UL << (PairShift - AttemptShift)) - 1;
    private const ulong FileMask = (1UL << (AttemptShift - FileShift)) - 1;
    private const ulong OffsetMask = (1UL << FileShift) - 1;

    /// <summary>Largest attempt, journal number and offset that are told apart.</summary>
    public const int MaxAttempts = (int)AttemptMask, MaxFiles = (int)FileMask;

    /// <inheritdoc cref="MaxAttempts"/>
    public const long MaxOffset = (long)OffsetMask;

    /// <summary>0 is nothing.</summary>
    /// <exception cref="NotSupportedException">It could not be told from another.</exception>
    public ulong Pack()
    {
        if (Attempt > MaxAttempts || File > MaxFiles || Offset > MaxOffset)
            throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture,
                $"The record at byte {Offset} of journal {File} is of attempt {Attempt}; a run has room for attempts up to "
                + $"{MaxAttempts}, {MaxFiles} journals and {MaxOffset} bytes in each. Begin another run for the rest of the input."));
        return ((ulong)(Status + 1) << StatusShift) | (OfPair ? 1UL << PairShift : 0)
            | (ulong)Attempt << AttemptShift | (ulong)File << FileShift | (ulong)Offset;
    }

    public static AnswerPlace? Unpack(ulong packed) => packed == 0 ? null : new AnswerPlace(
        (SentenceStatus)(packed >> StatusShift) - 1, (int)((packed >> AttemptShift) & AttemptMask),
        (int)((packed >> FileShift) & FileMask), (long)(packed & OffsetMask), ((packed >> PairShift) & 1) != 0);

    /// <summary>Whether this one stands where both are about the same sentence; any order of asking gives the same.</summary>
    public bool StandsOver(AnswerPlace other)
    {
        if (Attempt != other.Attempt)
            return Attempt > other.Attempt;
        // an answer closes what was open
        if ((Status == SentenceStatus.Open) != (other.Status == SentenceStatus.Open))
            return other.Status == SentenceStatus.Open;
        if (OfPair != other.OfPair)
            return OfPair;
        // two processes did the same
        return (File, Offset).CompareTo((other.File, other.Offset)) < 0;
    }
}

/// <summary>What the journals say of every sentence, 32 bytes a triplet; for any order of journals and records the same.</summary>
/// <remarks>Open addressing over the row keys, which are hashes themselves. Not thread-safe.</remarks>
internal sealed class RunTable
{
    private const double MaxFull = 0.8;

    private UInt128[] _keys;
    private ulong[] _places;

    /// <param name="triplets">Most there will be; more make it grow.</param>
    public RunTable(long triplets)
    {
        var size = Math.Max(16, checked((int)(triplets / MaxFull) + 1));
        (_keys, _places) = (new UInt128[size], new ulong[2 * size]);
    }

    /// <summary>Triplets with an answer.</summary>
    public long Count { get; private set; }

    /// <summary>Sentences whose last record opens them.</summary>
    public long OpenSentences { get; private set; }

    public AnswerPlace? this[RowKey key, int sample, SynthesisSide side] =>
        Find(KeyOf(key, sample)) is >= 0 and var at ? AnswerPlace.Unpack(_places[2 * at + (int)side]) : null;

    /// <summary>Takes a record; of several about the same sentence the one that counts stays.</summary>
    public void Add(RowKey key, int sample, SynthesisSide side, AnswerPlace place)
    {
        var at = FindOrAdd(KeyOf(key, sample));
        ref var packed = ref _places[2 * at + (int)side];
        var before = AnswerPlace.Unpack(packed);
        if (before is { } other && !place.StandsOver(other))
            return;
        OpenSentences += (place.Status == SentenceStatus.Open ? 1 : 0) - (before is { Status: SentenceStatus.Open } ? 1 : 0);
        packed = place.Pack();
    }

    private static UInt128 KeyOf(RowKey key, int sample)
    {
        var value = key.Value ^ ((UInt128)(uint)sample * 0x9E3779B97F4A7C15);
        // 0 is an empty place
        return value == 0 ? 1 : value;
    }

    private int Find(UInt128 key)
    {
        for (var at = Home(key, _keys.Length); ; at = at + 1 == _keys.Length ? 0 : at + 1)
        {
            if (_keys[at] == key)
                return at;
            if (_keys[at] == 0)
                return -1;
        }
    }

    private int FindOrAdd(UInt128 key)
    {
        for (var at = Home(key, _keys.Length); ; at = at + 1 == _keys.Length ? 0 : at + 1)
        {
            if (_keys[at] == key)
                return at;
            if (_keys[at] != 0)
                continue;
            if (Count + 1 > MaxFull * _keys.Length)
            {
                Grow();
                return FindOrAdd(key);
            }
            _keys[at] = key;
            Count++;
            return at;
        }
    }

    private void Grow()
    {
        var (keys, places) = (_keys, _places);
        (_keys, _places) = (new UInt128[2 * keys.Length], new ulong[4 * keys.Length]);
        Count = 0;
        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i] == 0)
                continue;
            var at = FindOrAdd(keys[i]);
            (_places[2 * at], _places[2 * at + 1]) = (places[2 * i], places[2 * i + 1]);
        }
    }

    private static int Home(UInt128 key, int size) => (int)Math.BigMul((ulong)key, (ulong)size, out _);
}
