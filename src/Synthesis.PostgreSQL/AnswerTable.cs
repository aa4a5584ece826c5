using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>A record that is not yet in the table: an answer, or an attempt that a retry opens.</summary>
internal readonly record struct AppendedRecord(long Position, JournalAnswer? Answer, JournalRetry Retry);

/// <summary>The tables of answers and contexts of one run, as SQL.</summary>
internal sealed class AnswerTable(Database database, int run)
{
    private const int Page = 8192;
    private const char Separator = ',';

    private const string Insert =
        """
        INSERT INTO xllora.answers (run, writer, position, key, side, sample, attempt, is_retry, context, finish, reason, prompt_tokens,
            tokens, finished, text, raw_text, repairs, detail)
        SELECT $1, $2, u.* FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) AS u
        ON CONFLICT (run, position) DO NOTHING
        """;

    private const string MarkColumns =
        "position, key, side, sample, attempt, is_retry, context, finish, reason, prompt_tokens, tokens, finished";

    private static readonly Dictionary<string, FinishReason> Finishes = Enum.GetValues<FinishReason>().ToDictionary(Name);

    /// <summary>Reserves numbers for records of one process.</summary>
    /// <returns>The first of <paramref name="count"/>.</returns>
    public Task<long> ReserveAsync(int count, CancellationToken cancellationToken) => database.RunAsync(async (connection, token) =>
    {
        using var command = new NpgsqlCommand(
            "UPDATE xllora.runs SET next_position = next_position + $2 WHERE run = $1 RETURNING next_position - $2", connection)
        {
            Parameters = { new() { Value = run }, new() { Value = (long)count } },
        };
        return await command.ExecuteScalarAsync(token).ConfigureAwait(false) as long? ?? throw new InvalidDataException(
            $"{database.Where} is no longer in the table of runs; somebody has deleted it. Begin it anew.");
    }, cancellationToken);

    /// <summary>Writes records and the contexts that they name, all or none; what is there already stays. Afterwards they are on the disk
    /// of the server.</summary>
    /// <remarks>
    /// Not after a while, as a commit that is not waited for would have it: others see such answers at once and this process goes on with
    /// them, so that a server that crashes would lose answers that all believe to be there.
    /// </remarks>
    /// <param name="writer">Whose they are.</param>
    public Task WriteAsync(Guid writer, IReadOnlyList<AppendedRecord> records,
        IReadOnlyDictionary<int, IReadOnlyDictionary<string, string>> contexts,
        CancellationToken cancellationToken) => database.RunAsync(async (connection, token) =>
    {
        if (contexts.Count == 0 && records.Count <= Page)
        {
            // one statement is a transaction, and there and back once
            await WriteAsync(connection, writer, [.. records], token).ConfigureAwait(false);
            return;
        }
        var transaction = await connection.BeginTransactionAsync(token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            foreach (var (number, facts) in contexts)
                await WriteAsync(connection, number, facts, token).ConfigureAwait(false);
            foreach (var page in records.Chunk(Page))
                await WriteAsync(connection, writer, page, token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
        }
    }, cancellationToken);

    /// <summary>A page of records of others, in the order of their transactions and positions, which an index has.</summary>
    /// <param name="tx">A transaction; of it, positions after <paramref name="after"/>, and all of later ones.</param>
    /// <param name="after">A position; −1 before the first.</param>
    /// <param name="writer">Whose records are left out; <see cref="Guid.Empty"/> for nobody's.</param>
    /// <returns>Marks with the transaction that wrote each, and who did; fewer than asked for at the end.</returns>
    public Task<(IReadOnlyList<(JournalMark Mark, ulong Tx, Guid Writer)> Marks, bool IsLast)> MarksAsync(
        Guid writer, ulong tx, long after, CancellationToken cancellationToken) => database.RunAsync(async (connection, token) =>
    {
        using var command = new NpgsqlCommand($"SELECT {MarkColumns}, tx, writer FROM xllora.answers "
            + "WHERE run = $1 AND (tx, position) > ($2, $3) AND writer <> $4 ORDER BY tx, position LIMIT $5", connection)
        {
            Parameters =
            {
                new() { Value = run }, new() { Value = tx, NpgsqlDbType = NpgsqlDbType.Xid8 }, new() { Value = after },
                new() { Value = writer }, new() { Value = Page },
            },
        };
        var marks = new List<(JournalMark, ulong, Guid)>();
        using var rows = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
        while (await rows.ReadAsync(token).ConfigureAwait(false))
            marks.Add((Mark(rows), rows.GetFieldValue<ulong>(12), rows.GetGuid(13)));
        return ((IReadOnlyList<(JournalMark, ulong, Guid)>)marks, marks.Count < Page);
    }, cancellationToken);

    /// <summary>Answers from a position on and before another, in their order.</summary>
    public Task<IReadOnlyList<(long Position, JournalAnswer Answer)>> AnswersAsync(
        long from, long to, CancellationToken cancellationToken) => database.RunAsync(async (connection, token) =>
        {
            using var command = new NpgsqlCommand($"SELECT {MarkColumns}, text, raw_text, repairs, detail FROM xllora.answers "
                + "WHERE run = $1 AND position >= $2 AND position < $3 AND NOT is_retry ORDER BY position", connection)
            {
                Parameters = { new() { Value = run }, new() { Value = from }, new() { Value = to } },
            };
            var answers = new List<(long, JournalAnswer)>();
            using var rows = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
            while (await rows.ReadAsync(token).ConfigureAwait(false))
                answers.Add((rows.GetInt64(0), Answer(rows)));
            return (IReadOnlyList<(long, JournalAnswer)>)answers;
        }, cancellationToken);

    /// <summary>What a number of a context means.</summary>
    public Task<IReadOnlyDictionary<string, string>> ContextAsync(int number, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
        {
            using var command = new NpgsqlCommand("SELECT facts::text FROM xllora.contexts WHERE run = $1 AND number = $2", connection)
            {
                Parameters = { new() { Value = run }, new() { Value = number } },
            };
            return await command.ExecuteScalarAsync(token).ConfigureAwait(false) is string facts
                ? (IReadOnlyDictionary<string, string>)JsonSerializer.Deserialize<SortedDictionary<string, string>>(facts)!
                : throw new InvalidDataException($"{database.Where} has no context {number}, which an answer of it names.");
        }, cancellationToken);

    private async Task WriteAsync(
        NpgsqlConnection connection, int number, IReadOnlyDictionary<string, string> facts, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand("INSERT INTO xllora.contexts AS c (run, number, facts) VALUES ($1, $2, $3) "
            + "ON CONFLICT (run, number) DO UPDATE SET facts = c.facts WHERE c.facts = excluded.facts", connection)
        {
            Parameters =
            {
                new() { Value = run }, new() { Value = number },
                new() { Value = JsonSerializer.Serialize(facts), NpgsqlDbType = NpgsqlDbType.Jsonb },
            },
        };
        if (await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 0)
            throw new InvalidDataException($"{database.Where} has other facts under the number {number} of a context than this process.");
    }

    private async Task WriteAsync(NpgsqlConnection connection, Guid writer, AppendedRecord[] records, CancellationToken cancellationToken)
    {
        // of a retry, what its mark has
        JournalMark[] marks = [.. records.Select(r => r.Answer is { } answer
            ? JournalMark.Of(r.Position, answer) : JournalMark.Of(r.Position, r.Retry))];
        using var command = new NpgsqlCommand(Insert, connection)
        {
            Parameters =
            {
                new() { Value = run }, new() { Value = writer },
                new() { Value = Of(m => m.Offset) }, new() { Value = Of(m => Bytes(m.Key)) },
                new() { Value = Of(m => (short)(m.Side == SynthesisSide.Positive ? 0 : 1)) }, new() { Value = Of(m => m.Sample) },
                new() { Value = Of(m => m.Attempt) }, new() { Value = Of(m => m.IsRetry) }, new() { Value = Of(m => m.Context) },
                new() { Value = Of(m => Name(m.Finish)) },
                new()
                {
                    Value = Of(m => m.Reason is { } reason ? RejectionReasons.Name(reason) : null),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
                },
                new() { Value = Of(m => m.PromptTokens) }, new() { Value = Of(m => m.Tokens) }, new() { Value = Of(m => m.Milliseconds) },
                Texts(a => a?.Text ?? ""), Texts(a => a?.RawText), new() { Value = records.Select(r => Repairs(r.Answer)).ToArray() },
                Texts(a => a?.Detail),
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);

        T[] Of<T>(Func<JournalMark, T> value) => [.. marks.Select(value)];

        NpgsqlParameter Texts(Func<JournalAnswer?, string?> text) => new()
        {
            Value = records.Select(r => text(r.Answer) is { } t ? Encoding.UTF8.GetBytes(t) : null).ToArray(),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
        };
    }

    private static byte[] Bytes(RowKey key)
    {
        var bytes = new byte[RowKey.Bytes];
        key.CopyTo(bytes);
        return bytes;
    }

    private static string Repairs(JournalAnswer? answer) => string.Join(Separator, answer?.Repairs ?? []);

    private static JournalMark Mark(NpgsqlDataReader row) => new(
        row.GetInt64(0), new RowKey(row.GetFieldValue<byte[]>(1)), row.GetInt16(2) == 0 ? SynthesisSide.Positive : SynthesisSide.Negative,
        row.GetInt32(3), row.GetInt32(4), row.GetInt32(6), Finishes[row.GetString(7)],
        row.IsDBNull(8) ? null : RejectionReasons.Parse(row.GetString(8)), row.GetInt32(9), row.GetInt32(10), row.GetInt64(11),
        row.GetBoolean(5));

    private static JournalAnswer Answer(NpgsqlDataReader row)
    {
        var mark = Mark(row);
        return new JournalAnswer
        {
            Key = mark.Key,
            Side = mark.Side,
            Sample = mark.Sample,
            Attempt = mark.Attempt,
            Context = mark.Context,
            Finish = mark.Finish,
            Text = Text(12)!,
            RawText = Text(13),
            Repairs = row.GetString(14).Split(Separator, StringSplitOptions.RemoveEmptyEntries),
            Reason = mark.Reason,
            Detail = Text(15),
            PromptTokens = mark.PromptTokens,
            Tokens = mark.Tokens,
            Milliseconds = mark.Milliseconds,
        };

        string? Text(int column) => row.IsDBNull(column) ? null : Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(column));
    }

    private static string Name(FinishReason finish) => JsonNamingPolicy.KebabCaseLower.ConvertName(finish.ToString());
}
