namespace XlLoraOnnx.Synthesis;

/// <summary>The answers of a run: each process appends to a part of its own, and all read all parts.</summary>
/// <remarks>
/// It keeps records and decides nothing: which of several answers to a sentence counts follows from the records alone, in whatever order
/// they are read. Nothing is ever changed or taken back. Thread-safe, except that <see cref="ReadNewAsync"/> runs once at a time.
/// Disposing flushes.
/// </remarks>
public interface IAnswerLog : IAsyncDisposable
{
    /// <summary>The number by which answers of this process name what they were made with; equal facts have one number.</summary>
    int AddContext(IReadOnlyDictionary<string, string> facts);

    /// <summary>Takes in a finished answer. Does not wait: it is safe after the next <see cref="FlushAsync"/>.</summary>
    /// <exception cref="IOException">An earlier write has failed; nothing can be appended any more.</exception>
    AnswerRecord Append(in JournalAnswer answer);

    /// <summary>Opens another attempt at a sentence that was rejected.</summary>
    AnswerRecord Append(in JournalRetry retry);

    /// <summary>Hands over what was appended.</summary>
    /// <param name="durable">Whether it must survive the machine; otherwise, this process.</param>
    /// <param name="cancellationToken">Gives up waiting; the records may be kept nevertheless.</param>
    /// <exception cref="IOException">It cannot be written; what was handed over before is kept.</exception>
    ValueTask FlushAsync(bool durable, CancellationToken cancellationToken);

    /// <summary>All records that were flushed by anyone and that this object has neither appended nor given before.</summary>
    /// <returns>Part by part in the order of their numbers, each in the order of appending, without texts.</returns>
    /// <exception cref="InvalidDataException">A part is damaged, or of another run.</exception>
    IAsyncEnumerable<(int Part, JournalMark Mark)> ReadNewAsync(CancellationToken cancellationToken);

    /// <summary>The answer of a record, whole.</summary>
    ValueTask<JournalAnswer> ReadAsync(AnswerRecord record, CancellationToken cancellationToken);

    /// <summary>What an answer of a part was made with.</summary>
    /// <param name="part">Of the record.</param>
    /// <param name="number">As the answer says.</param>
    ValueTask<IReadOnlyDictionary<string, string>> ContextAsync(int part, int number, CancellationToken cancellationToken);
}

/// <summary>Where a record of an <see cref="IAnswerLog"/> is.</summary>
/// <param name="Part">Number of the part, 1 to 4,095.</param>
/// <param name="Position">Ascends in the order of appending; 0 to 2³⁸ − 1.</param>
public readonly record struct AnswerRecord(int Part, long Position);
