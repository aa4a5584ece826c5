using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace XlLoraOnnx.Datasets;

/// <summary>Texts in columns, as the writers of Parquet store them.</summary>
internal static class ArrowText
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Whether a column of this type holds texts; old writers leave them as bytes without saying that they are.</summary>
    public static bool Is(IArrowType type) => type switch
    {
        StringType or LargeStringType or StringViewType or BinaryType or LargeBinaryType or BinaryViewType => true,
        DictionaryType dictionary => Is(dictionary.ValueType),
        _ => false,
    };

    /// <param name="where">File, row and column, for messages.</param>
    /// <returns>Null where the value is missing.</returns>
    /// <exception cref="InvalidDataException">The bytes are not UTF-8.</exception>
    public static string? At(IArrowArray column, int row, Func<string> where)
    {
        if (column.IsNull(row))
            return null;
        if (column is DictionaryArray dictionary)
            return At(dictionary.Dictionary, (int)Index(dictionary.Indices, row), where);
        var bytes = column switch
        {
            // strings are bytes that say so
            BinaryArray texts => texts.GetBytes(row, out _),
            LargeBinaryArray texts => texts.GetBytes(row, out _),
            BinaryViewArray texts => texts.GetBytes(row, out _),
            _ => throw new InvalidDataException($"{where()} is {column.Data.DataType.Name}; it must hold strings."),
        };
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{where()} is not UTF-8: {e.Message}", e);
        }
    }

    private static long Index(IArrowArray indices, int row) => indices switch
    {
        Int8Array numbers => numbers.GetValue(row)!.Value,
        Int16Array numbers => numbers.GetValue(row)!.Value,
        Int32Array numbers => numbers.GetValue(row)!.Value,
        Int64Array numbers => numbers.GetValue(row)!.Value,
        UInt8Array numbers => numbers.GetValue(row)!.Value,
        UInt16Array numbers => numbers.GetValue(row)!.Value,
        UInt32Array numbers => numbers.GetValue(row)!.Value,
        _ => throw new NotSupportedException($"A dictionary with indices of type {indices.Data.DataType.Name} is not read."),
    };
}
