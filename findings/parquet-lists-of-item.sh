#!/usr/bin/env bash
# Parquet.Net 6.1.0, reading what ParquetSharp 25.0.1.2 (the Arrow C++ library) wrote
#
# Guess: a list column either deserialises into a class or throws; the reader finds a list's element by its place, whatever it is called.
# Seen:  Arrow calls the element "item" here, Parquet.Net looks for "element": every list is null in the objects of DeserializeAsync<T>,
#        without an error, while the text column beside it is right. The untyped reader of the same package and DuckDB find the numbers.
#
#   path of the column: embedding.list.item
#   DeserializeAsync<Row>: a = null, b = null
#   DeserializeUntypedAsync: a = 1 2, b = 3 4
#   DuckDB 1.5.6.1: a = 1 2, b = 3 4
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Parquet.Net@6.1.0 ParquetSharp@25.0.1.2 DuckDB.NET.Data.Full@1.5.6.1 <<'CS'
using System.Collections;
using DuckDB.NET.Data;
using Findings;
using Parquet.Serialization;
using ParquetSharp;

const string Path = "embeddings.parquet";
using (var writer = new ParquetFileWriter(Path, [new Column<string>("text"), new Column<float[]>("embedding")]))
{
    using var group = writer.AppendRowGroup();
    using (var texts = group.NextColumn().LogicalWriter<string>()) texts.WriteBatch(["a", "b"]);
    using (var vectors = group.NextColumn().LogicalWriter<float[]>()) vectors.WriteBatch([[1, 2], [3, 4]]);
    writer.Close();
}
using (var reader = new ParquetFileReader(Path))
    Seen.That("path of the column", reader.FileMetaData.Schema.Column(1).Path.ToDotString(), "embedding.list.item");

await using var file = File.OpenRead(Path);
var typed = await ParquetSerializer.DeserializeAsync<Row>(file);
Seen.That("DeserializeAsync<Row>", Shown(typed.Data.Select(row => (row.text, (object?)row.embedding))), "a = null, b = null");

file.Position = 0;
var untyped = await ParquetSerializer.DeserializeUntypedAsync(file);
Seen.That("DeserializeUntypedAsync", Shown(untyped.Data.Select(row => (row["text"] as string, (object?)row["embedding"]))),
    "a = 1 2, b = 3 4");

using var duck = new DuckDBConnection("DataSource=:memory:");
duck.Open();
using var query = duck.CreateCommand();
query.CommandText = $"select text, embedding from '{Path}'";
using var rows = query.ExecuteReader();
List<(string?, object?)> read = [];
while (rows.Read()) read.Add((rows.GetString(0), rows.GetValue(1)));
Seen.That("DuckDB 1.5.6.1", Shown(read), "a = 1 2, b = 3 4");
return Seen.ExitCode;

static string Shown(IEnumerable<(string? Text, object? Vector)> rows) => string.Join(", ", rows.Select(row =>
    $"{row.Text} = {(row.Vector is IEnumerable values ? string.Join(" ", values.Cast<object>()) : "null")}"));

sealed class Row
{
    public string? text { get; set; }
    public float[]? embedding { get; set; }
}
CS
