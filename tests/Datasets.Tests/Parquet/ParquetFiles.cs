using DuckDB.NET.Data;

namespace XlLoraOnnx.Datasets.Tests;

/// <summary>Parquet files as DuckDB writes and reads them.</summary>
internal static class ParquetFiles
{
    /// <summary>The rows of a query as a file; lists have elements named <c>element</c>.</summary>
    public static string Write(string path, string query, string options = "")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Run($"COPY ({query}) TO '{path}' (FORMAT parquet{options})");
        return path;
    }

    /// <summary>The values of a query of one column.</summary>
    public static List<string> Query(string query)
    {
        List<string> values = [];
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = query;
        using var rows = command.ExecuteReader();
        while (rows.Read())
            values.Add(rows.GetValue(0).ToString()!);
        return values;
    }

    private static void Run(string statement)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }
}
