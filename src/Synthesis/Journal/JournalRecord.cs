using System.Buffers;
using System.Text.Json;
using MessagePack;

namespace XlLoraOnnx.Synthesis;

/// <summary>What records hold: MessagePack arrays whose first value is the kind.</summary>
/// <remarks>
/// <c>[1, number, {fact: value, …}]</c> is a context.
/// <c>[2, key, side (0 positive, 1 negative), sample, attempt, context, finish, reason, promptTokens, tokens, milliseconds, text, raw,
/// repairs, detail]</c> is an answer: what a scan needs comes first. <c>[3, key, side, sample, attempt]</c> opens an attempt. Later
/// versions may add values at the end, which are passed over here;
/// anything else that they change is a new kind, which is refused here.
/// </remarks>
internal static class JournalRecord
{
    public const int ContextKind = 1;
    public const int AnswerKind = 2;
    public const int RetryKind = 3;

    private const int ContextValues = 3;
    private const int AnswerValues = 15;
    private const int RetryValues = 5;

    private static readonly JournalWords<FinishReason> Finishes =
        new("finish reason", f => JsonNamingPolicy.KebabCaseLower.ConvertName(f.ToString()));

    private static readonly JournalWords<RejectionReason> Reasons = new("rejection reason", RejectionReasons.Name);

    public static void Write(IBufferWriter<byte> payload, RunContext context)
    {
        var writer = new MessagePackWriter(payload);
        writer.WriteArrayHeader(ContextValues);
        writer.Write(ContextKind);
        writer.Write(context.Number);
        writer.WriteMapHeader(context.Facts.Count);
        foreach (var (name, value) in context.Facts.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            writer.Write(name);
            writer.Write(value);
        }

        writer.Flush();
    }

    public static void Write(IBufferWriter<byte> payload, in JournalAnswer answer)
    {
        var writer = new MessagePackWriter(payload);
        writer.WriteArrayHeader(AnswerValues);
        writer.Write(AnswerKind);
        WriteSentence(ref writer, answer.Key, answer.Side, answer.Sample, answer.Attempt);
        writer.Write(answer.Context);
        writer.WriteString(Finishes.Word(answer.Finish));
        if (answer.Reason is { } reason)
            writer.WriteString(Reasons.Word(reason));
        else
            writer.WriteNil();
        writer.Write(answer.PromptTokens);
        writer.Write(answer.Tokens);
        writer.Write(answer.Milliseconds);
        writer.Write(answer.Text);
        writer.Write(answer.RawText);
        writer.WriteArrayHeader(answer.Repairs.Count);
        foreach (var repair in answer.Repairs)
            writer.Write(repair);
        writer.Write(answer.Detail);
        writer.Flush();
    }

    public static void Write(IBufferWriter<byte> payload, in JournalRetry retry)
    {
        var writer = new MessagePackWriter(payload);
        writer.WriteArrayHeader(RetryValues);
        writer.Write(RetryKind);
        WriteSentence(ref writer, retry.Key, retry.Side, retry.Sample, retry.Attempt);
        writer.Flush();
    }

    /// <exception cref="InvalidDataException">A kind that this version does not know.</exception>
    public static int Kind(ReadOnlyMemory<byte> payload) => JournalValues.Decode(payload, 0, static (ref reader, _) =>
    {
        reader.ReadArrayHeader();
        long kind = reader.ReadInt64();
        return kind is ContextKind or AnswerKind or RetryKind ? (int)kind : throw new InvalidDataException(
            $"records of kind {kind} are not known (known: {ContextKind}, {AnswerKind}, {RetryKind}); a newer version of this "
            + "tool wrote it");
    });

    public static RunContext Context(ReadOnlyMemory<byte> payload) => JournalValues.Decode(payload, 0, static (ref reader, _) =>
    {
        int values = Begin(ref reader, ContextKind, ContextValues);
        int number = reader.ReadCount();
        int count = reader.ReadMapHeader();
        var facts = new Dictionary<string, string>(count, StringComparer.Ordinal);
        for (; count > 0; count--)
        {
            var name = reader.ReadText();
            if (!facts.TryAdd(name, reader.ReadText()))
                throw new InvalidDataException($"the context has the fact \"{name}\" twice");
        }

        End(ref reader, values - ContextValues);
        return new RunContext(number, facts);
    });

    public static JournalMark Retry(ReadOnlyMemory<byte> payload, long offset) =>
        JournalValues.Decode(payload, offset, static (ref reader, offset) =>
        {
            Begin(ref reader, RetryKind, RetryValues);
            return new JournalMark(offset, reader.ReadKey(), ReadSide(ref reader), reader.ReadCount(), reader.ReadCount(),
                Context: 0, FinishReason.Stop, Reason: null, PromptTokens: 0, Tokens: 0, Milliseconds: 0, IsRetry: true);
        });

    public static JournalMark Mark(ReadOnlyMemory<byte> payload, long offset) =>
        JournalValues.Decode(payload, offset, static (ref reader, offset) =>
        {
            Begin(ref reader, AnswerKind, AnswerValues);
            return ReadMark(ref reader, offset);
        });

    public static JournalAnswer Answer(ReadOnlyMemory<byte> payload, long offset) =>
        JournalValues.Decode(payload, offset, static (ref reader, offset) => ReadAnswer(ref reader, offset));

    private static JournalAnswer ReadAnswer(ref MessagePackReader reader, long offset)
    {
        int values = Begin(ref reader, AnswerKind, AnswerValues);
        var mark = ReadMark(ref reader, offset);
        var text = reader.ReadText();
        var raw = reader.ReadOptionalText();
        var repairs = new string[reader.ReadArrayHeader()];
        for (int i = 0; i < repairs.Length; i++)
            repairs[i] = reader.ReadText();
        var detail = reader.ReadOptionalText();
        End(ref reader, values - AnswerValues);
        return new JournalAnswer
        {
            Key = mark.Key,
            Side = mark.Side,
            Sample = mark.Sample,
            Attempt = mark.Attempt,
            Context = mark.Context,
            Finish = mark.Finish,
            Text = text,
            RawText = raw,
            Repairs = repairs,
            Reason = mark.Reason,
            Detail = detail,
            PromptTokens = mark.PromptTokens,
            Tokens = mark.Tokens,
            Milliseconds = mark.Milliseconds,
        };
    }

    private static JournalMark ReadMark(ref MessagePackReader reader, long offset) => new(
        offset,
        reader.ReadKey(),
        ReadSide(ref reader),
        reader.ReadCount(),
        reader.ReadCount(),
        reader.ReadCount(),
        Finishes.Value(reader.ReadUtf8()),
        reader.TryReadNil() ? null : Reasons.Value(reader.ReadUtf8()),
        reader.ReadCount(),
        reader.ReadCount(),
        reader.ReadInt64());

    /// <summary>What answers and retries begin with: which attempt at which sentence.</summary>
    private static void WriteSentence(ref MessagePackWriter writer, RowKey key, SynthesisSide side, int sample, int attempt)
    {
        writer.WriteBinHeader(RowKey.Bytes);
        key.CopyTo(writer.GetSpan(RowKey.Bytes));
        writer.Advance(RowKey.Bytes);
        writer.Write(side == SynthesisSide.Positive ? 0 : 1);
        writer.Write(sample);
        writer.Write(attempt);
    }

    private static SynthesisSide ReadSide(ref MessagePackReader reader) =>
        reader.ReadCount(most: 1) == 0 ? SynthesisSide.Positive : SynthesisSide.Negative;

    /// <returns>How many values the record has.</returns>
    private static int Begin(ref MessagePackReader reader, int kind, int least)
    {
        int values = reader.ReadArrayHeader();
        long found = reader.ReadInt64();
        return found == kind && values >= least ? values : throw new InvalidDataException(
            $"expected a record of kind {kind} with {least} or more values, found kind {found} with {values}");
    }

    private static void End(ref MessagePackReader reader, int unknown)
    {
        for (; unknown > 0; unknown--)
            reader.Skip();
        if (!reader.End)
            throw new InvalidDataException($"the record ends at byte {reader.Consumed}, and more bytes follow");
    }
}
