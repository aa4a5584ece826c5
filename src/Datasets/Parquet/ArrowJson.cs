using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace XlLoraOnnx.Datasets;

/// <summary>Rows of columns as JSON objects: strings, numbers, booleans, lists and objects of them.</summary>
/// <remarks>How the elements of a list are named in the file makes no difference; columns of other types (times, images) are left
/// out.</remarks>
internal static class ArrowJson
{
    public static void WriteRow(Utf8JsonWriter json, RecordBatch batch, int row, Func<string> where)
    {
        json.WriteStartObject();
        for (var i = 0; i < batch.ColumnCount; i++)
            WriteField(json, batch.Schema.GetFieldByIndex(i), batch.Column(i), row, where);
        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, Field field, IArrowArray column, int row, Func<string> where)
    {
        if (!CanWrite(field.DataType))
            return;
        json.WritePropertyName(field.Name);
        WriteValue(json, column, row, () => $"{where()}: \"{field.Name}\"");
    }

    private static bool CanWrite(IArrowType type) => type switch
    {
        ListType list => CanWrite(list.ValueDataType),
        LargeListType list => CanWrite(list.ValueDataType),
        FixedSizeListType list => CanWrite(list.ValueDataType),
        StructType or BooleanType or NullType or FloatType or DoubleType or HalfFloatType => true,
        BinaryType or LargeBinaryType or BinaryViewType => false,
        _ => ArrowText.Is(type) || type.TypeId is >= ArrowTypeId.UInt8 and <= ArrowTypeId.Int64,
    };

    private static void WriteValue(Utf8JsonWriter json, IArrowArray column, int row, Func<string> where)
    {
        if (column.IsNull(row))
        {
            json.WriteNullValue();
            return;
        }
        switch (column)
        {
            case ListArray list:
                WriteList(json, list.GetSlicedValues(row), where);
                break;
            case LargeListArray list:
                WriteList(json, list.GetSlicedValues(row), where);
                break;
            case FixedSizeListArray list:
                WriteList(json, list.GetSlicedValues(row), where);
                break;
            case StructArray structure:
                json.WriteStartObject();
                foreach (var (i, field) in ((StructType)structure.Data.DataType).Fields.Index())
                    WriteField(json, field, structure.Fields[i], row, where);
                json.WriteEndObject();
                break;
            case BooleanArray booleans:
                json.WriteBooleanValue(booleans.GetValue(row)!.Value);
                break;
            default:
                WriteScalar(json, column, row, where);
                break;
        }
    }

    private static void WriteList(Utf8JsonWriter json, IArrowArray values, Func<string> where)
    {
        json.WriteStartArray();
        for (var i = 0; i < values.Length; i++)
            WriteValue(json, values, i, where);
        json.WriteEndArray();
    }

    private static void WriteScalar(Utf8JsonWriter json, IArrowArray column, int row, Func<string> where)
    {
        switch (column)
        {
            case Int8Array numbers:
                json.WriteNumberValue(numbers.GetValue(row)!.Value);
                break;
            case Int16Array numbers:
                json.WriteNumberValue(numbers.GetValue(row)!.Value);
                break;
            case Int32Array numbers:
                json.WriteNumberValue(numbers.GetValue(row)!.Value);
                break;
            case Int64Array numbers:
                json.WriteNumberValue(numbers.GetValue(row)!.Value);
                break;
            case UInt8Array numbers:
                json.WriteNumberValue(numbers.GetValue(row)!.Value);
                break;
            case UInt16Array numbers:
                json.WriteNumberValue(numbers.GetValue(row)!.Value);
                break;
            case UInt32Array numbers:
                json.WriteNumberValue(numbers.GetValue(row)!.Value);
                break;
            case UInt64Array numbers:
                json.WriteNumberValue(numbers.GetValue(row)!.Value);
                break;
            case HalfFloatArray numbers:
                WriteFloat(json, (double)numbers.GetValue(row)!.Value);
                break;
            case FloatArray numbers:
                WriteFloat(json, numbers.GetValue(row)!.Value);
                break;
            case DoubleArray numbers:
                WriteFloat(json, numbers.GetValue(row)!.Value);
                break;
            default:
                json.WriteStringValue(ArrowText.At(column, row, where));
                break;
        }
    }

    // JSON has no such numbers; as words they are refused where a number is needed.
    private static void WriteFloat(Utf8JsonWriter json, double number)
    {
        if (double.IsFinite(number))
            json.WriteNumberValue(number);
        else
            json.WriteStringValue(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
