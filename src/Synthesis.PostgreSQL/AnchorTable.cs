using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>The input of a run in a table, for workers that have no file of it.</summary>
internal static class AnchorTable
{
    private const int Page = 8192;

    /// <summary>Stores it, all or nothing, if nobody has and nobody is about to.</summary>
    /// <param name="run">Its number.</param>
    public static Task StoreAsync(Database database, int run, SharedInput input, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
    {
        var transaction = await connection.BeginTransactionAsync(token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            // who comes second has the file, and need not wait
            using var claim = Command(connection, run, "SELECT pg_try_advisory_xact_lock(hashtext('xllora.anchors'), $1)");
            if (await claim.ExecuteScalarAsync(token).ConfigureAwait(false) is not true)
                return;
            // looked at with the lock, since whoever had it has committed before it was given
            using var look = Command(connection, run, "SELECT input_sha256 IS NULL FROM xllora.runs WHERE run = $1");
            if (await look.ExecuteScalarAsync(token).ConfigureAwait(false) is not true)
                return;
            await CopyAsync(connection, run, input, token).ConfigureAwait(false);
            using var note = Command(connection, run, "UPDATE xllora.runs SET input_sha256 = $2, input_bytes = $3 WHERE run = $1");
            note.Parameters.Add(new() { Value = input.Sha256 });
            note.Parameters.Add(new() { Value = input.Bytes });
            await note.ExecuteNonQueryAsync(token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
        }
    }, cancellationToken);

    /// <summary>Whatever is stored under the name of a run.</summary>
    /// <returns>Null where nothing is.</returns>
    public static Task<SharedInput?> FindAsync(Database database, string name, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
    {
        using var command = new NpgsqlCommand(
            "SELECT run, input_sha256, input_bytes, anchors FROM xllora.runs WHERE name = $1 AND input_sha256 IS NOT NULL", connection)
        {
            Parameters = { new() { Value = name } },
        };
        using var row = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
        if (!await row.ReadAsync(token).ConfigureAwait(false))
            return null;
        var (run, rows) = (row.GetInt32(0), row.GetInt64(3));
        return new SharedInput
        {
            Sha256 = row.GetString(1),
            Bytes = row.GetInt64(2),
            Rows = rows,
            ReadAsync = reading => ReadAsync(database, run, rows, reading),
        };
    }, cancellationToken);

    private static async Task CopyAsync(NpgsqlConnection connection, int run, SharedInput input, CancellationToken cancellationToken)
    {
        var number = 0L;
        var import = await connection.BeginBinaryImportAsync(
            "COPY xllora.anchors (run, number, text, language) FROM STDIN (FORMAT BINARY)", cancellationToken).ConfigureAwait(false);
        await using (import.ConfigureAwait(false))
        {
            await foreach (var (text, language) in input.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                await import.StartRowAsync(cancellationToken).ConfigureAwait(false);
                await import.WriteAsync(run, NpgsqlDbType.Integer, cancellationToken).ConfigureAwait(false);
                await import.WriteAsync(number++, NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
                await import.WriteAsync(Encoding.UTF8.GetBytes(text), NpgsqlDbType.Bytea, cancellationToken).ConfigureAwait(false);
                if (language is null)
                    await import.WriteNullAsync(cancellationToken).ConfigureAwait(false);
                else
                    await import.WriteAsync(language, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
            }
            await import.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async IAsyncEnumerable<InputRow> ReadAsync(
        Database database, int run, long rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var from = 0L; from < rows;)
        {
            var page = await PageAsync(database, run, from, cancellationToken).ConfigureAwait(false);
            foreach (var row in page)
                yield return row;
            from += page.Count;
            if (page.Count < Page && from < rows)
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                    $"{database.Where} has {from} of its {rows} anchors; somebody has deleted the others. Begin it anew."));
        }
    }

    private static Task<IReadOnlyList<InputRow>> PageAsync(Database database, int run, long from, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
    {
        using var command = Command(connection, run,
            "SELECT text, language FROM xllora.anchors WHERE run = $1 AND number >= $2 AND number < $3 ORDER BY number");
        command.Parameters.Add(new() { Value = from });
        command.Parameters.Add(new() { Value = from + Page });
        var page = new List<InputRow>(Page);
        using var found = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
        while (await found.ReadAsync(token).ConfigureAwait(false))
            page.Add(new(Encoding.UTF8.GetString(found.GetFieldValue<byte[]>(0)), found.IsDBNull(1) ? null : found.GetString(1)));
        return (IReadOnlyList<InputRow>)page;
    }, cancellationToken);

    /// <summary>$1 is the run.</summary>
    private static NpgsqlCommand Command(NpgsqlConnection connection, int run, string sql) =>
        new(sql, connection) { Parameters = { new() { Value = run } } };
}
