namespace XlLoraOnnx.Datasets;

/// <summary>What a file holds.</summary>
public enum DataKind
{
    /// <summary>A text a line.</summary>
    PlainText,

    /// <summary>Rows of fields below a header.</summary>
    Table,

    /// <summary>A JSON object, or a JSON string, a line.</summary>
    JsonLines,

    /// <summary>One JSON list of objects or strings.</summary>
    JsonList,

    /// <summary>One JSON object over several lines.</summary>
    JsonObject,

    /// <summary>Apache Parquet.</summary>
    Parquet,
}

/// <summary>What a file holds, and how it is to be read.</summary>
/// <param name="Separator">Of the fields of a table; zero elsewhere.</param>
public readonly record struct DataShape(DataKind Kind, char Separator = '\0');
