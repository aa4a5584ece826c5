using System.Text.Json;

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

    public static void Write(MessagePackWriter writer, RunContext context)
    {
        writer.WriteArrayHeader(ContextValues);
        writer.WriteInteger(ContextKind);
        writer.WriteInteger(context.Number);
        writer.WriteMapHeader(context.Facts.Count);
        foreach (var (name, value) in context.Facts.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            writer.WriteString(name);
            writer.WriteString(value);
        }
    }

    public static void Write(MessagePackWriter writer, in JournalAnswer answer)
    {
        writer.WriteArrayHeader(AnswerValues);
        writer.WriteInteger(AnswerKind);
        WriteSentence(writer, answer.Key, answer.Side, answer.Sample, answer.Attempt);
        writer.WriteInteger(answer.Context);
        writer.WriteUtf8(Finishes.Word(answer.Finish));
        if (answer.Reason is { } reason)
            writer.WriteUtf8(Reasons.Word(reason));
        else
            writer.WriteNil();
        writer.WriteInteger(answer.PromptTokens);
        writer.WriteInteger(answer.Tokens);
        writer.WriteInteger(answer.Milliseconds);
        writer.WriteString(answer.Text);
        WriteOptional(writer, answer.RawText);
        writer.WriteArrayHeader(answer.Repairs.Count);
        foreach (var repair in answer.Repairs)
            writer.WriteString(repair);
        WriteOptional(writer, answer.Detail);
    }

    public static void Write(MessagePackWriter writer, in JournalRetry retry)
    {
        writer.WriteArrayHeader(RetryValues);
        writer.WriteInteger(RetryKind);
        WriteSentence(writer, retry.Key, retry.Side, retry.Sample, retry.Attempt);
    }

    /// <exception cref="InvalidDataException">A kind that this version does not know.</exception>
    public static int Kind(ReadOnlySpan<byte> payload)
    {
        var reader = new MessagePackReader(payload);
        reader.ReadArrayHeader();
        long kind = reader.ReadInteger();
        return kind is ContextKind or AnswerKind or RetryKind ? (int)kind : throw new InvalidDataException(
            $"records of kind {kind} are not known (known: {ContextKind}, {AnswerKind}, {RetryKind}); a newer version of this tool wrote it");
    }

    public static RunContext Context(ReadOnlySpan<byte> payload)
    {
        var reader = Begin(payload, ContextKind, ContextValues, out int values);
        int number = reader.ReadInt32(least: 0);
        int count = reader.ReadMapHeader();
        var facts = new Dictionary<string, string>(count, StringComparer.Ordinal);
        for (; count > 0; count--)
        {
            var name = reader.ReadString();
            if (!facts.TryAdd(name, reader.ReadString()))
                throw new InvalidDataException($"the context has the fact \"{name}\" twice");
        }

        End(ref reader, values - ContextValues);
        return new RunContext(number, facts);
    }

    public static JournalMark Retry(ReadOnlySpan<byte> payload, long offset)
    {
        var reader = Begin(payload, RetryKind, RetryValues, out _);
        return new JournalMark(offset, new RowKey(reader.ReadBinary()), ReadSide(ref reader), reader.ReadInt32(least: 0),
            reader.ReadInt32(least: 0),
            Context: 0, FinishReason.Stop, Reason: null, PromptTokens: 0, Tokens: 0, Milliseconds: 0, IsRetry: true);
    }

    public static JournalMark Mark(ReadOnlySpan<byte> payload, long offset)
    {
        var reader = Begin(payload, AnswerKind, AnswerValues, out _);
        return Mark(ref reader, offset);
    }

    public static JournalAnswer Answer(ReadOnlySpan<byte> payload, long offset)
    {
        var reader = Begin(payload, AnswerKind, AnswerValues, out int values);
        var mark = Mark(ref reader, offset);
        var text = reader.ReadString();
        var raw = reader.TryReadNil() ? null : reader.ReadString();
        var repairs = new string[reader.ReadArrayHeader()];
        for (int i = 0; i < repairs.Length; i++)
            repairs[i] = reader.ReadString();
        var detail = reader.TryReadNil() ? null : reader.ReadString();
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

    private static JournalMark Mark(ref MessagePackReader reader, long offset)
    {
        int position = reader.Position;
        var key = reader.ReadBinary();
        if (key.Length != RowKey.Bytes)
            throw new InvalidDataException($"the row key at byte {position} of the record has {key.Length} bytes and not {RowKey.Bytes}");
        return new JournalMark(
            offset,
            new RowKey(key),
            ReadSide(ref reader),
            reader.ReadInt32(least: 0),
            reader.ReadInt32(least: 0),
            reader.ReadInt32(least: 0),
            Finishes.Value(reader.ReadUtf8()),
            reader.TryReadNil() ? null : Reasons.Value(reader.ReadUtf8()),
            reader.ReadInt32(least: 0),
            reader.ReadInt32(least: 0),
            reader.ReadInteger());
    }

    /// <summary>What answers and retries begin with: which attempt at which sentence.</summary>
    private static void WriteSentence(MessagePackWriter writer, RowKey key, SynthesisSide side, int sample, int attempt)
    {
        Span<byte> bytes = stackalloc byte[RowKey.Bytes];
        key.CopyTo(bytes);
        writer.WriteBinary(bytes);
        writer.WriteInteger(side == SynthesisSide.Positive ? 0 : 1);
        writer.WriteInteger(sample);
        writer.WriteInteger(attempt);
    }

    private static SynthesisSide ReadSide(ref MessagePackReader reader) =>
        reader.ReadInt32(0, 1) == 0 ? SynthesisSide.Positive : SynthesisSide.Negative;

    private static MessagePackReader Begin(ReadOnlySpan<byte> payload, int kind, int least, out int values)
    {
        var reader = new MessagePackReader(payload);
        values = reader.ReadArrayHeader();
        long found = reader.ReadInteger();
        if (found != kind || values < least)
        {
            throw new InvalidDataException(
                $"expected a record of kind {kind} with {least} or more values, found kind {found} with {values}");
        }

        return reader;
    }

    private static void End(ref MessagePackReader reader, int unknown)
    {
        for (; unknown > 0; unknown--)
            reader.Skip();
        if (!reader.IsAtEnd)
            throw new InvalidDataException($"the record ends at byte {reader.Position}, and more bytes follow");
    }

    private static void WriteOptional(MessagePackWriter writer, string? text)
    {
        if (text is null)
            writer.WriteNil();
        else
            writer.WriteString(text);
    }
}
