using System.Numerics;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace XlLoraOnnx.Training.Tests;

/// <summary>Element types, with ONNX's own numbers (TensorProto.DataType).</summary>
internal enum TensorKind
{
    Float = 1,
    Int32 = 6,
    Int64 = 7,
    Bool = 9,
}

/// <summary>A tensor whose elements, of whatever kind, are held as doubles; false is 0 and true is 1.</summary>
internal sealed class Tensor64
{
    public Tensor64(TensorKind kind, int[] shape, double[] values)
    {
        if (values.Length != Strides.Count(shape))
            throw new ArgumentException(
                $"There are {values.Length} values for the shape {Text(shape)}; give {Strides.Count(shape)}.", nameof(values));
        (Kind, Shape, Values) = (kind, shape, values);
    }

    public TensorKind Kind { get; }

    public int[] Shape { get; }

    /// <summary>The last axis is dense.</summary>
    public double[] Values { get; }

    public int Rank => Shape.Length;

    public static Tensor64 Scalar(double value, TensorKind kind = TensorKind.Float) => new(kind, [], [value]);

    public static Tensor64 Floats(int[] shape, params double[] values) => new(TensorKind.Float, shape, values);

    public static Tensor64 Longs(int[] shape, params long[] values) =>
        new(TensorKind.Int64, shape, Array.ConvertAll(values, v => (double)v));

    public static Tensor64 Bools(int[] shape, params bool[] values) =>
        new(TensorKind.Bool, shape, Array.ConvertAll(values, v => v ? 1.0 : 0));

    /// <exception cref="NotSupportedException">The bytes lie in another file, or the type is another.</exception>
    public static Tensor64 Read(TensorProto tensor)
    {
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
            throw new NotSupportedException($"The bytes of '{tensor.Name}' lie in a data file: give it as an input.");
        var bytes = tensor.RawData.Span;
        var values = (TensorKind)tensor.DataType switch
        {
            TensorKind.Float => Widened<float>(bytes),
            TensorKind.Int32 => Widened<int>(bytes),
            TensorKind.Int64 => Widened<long>(bytes),
            TensorKind.Bool => Widened<byte>(bytes),
            _ => throw new NotSupportedException($"'{tensor.Name}' has elements of type {tensor.DataType}; known are {Known()}."),
        };
        return new Tensor64((TensorKind)tensor.DataType, [.. tensor.Dims.Select(d => checked((int)d))], values);
    }

    public TensorProto ToProto()
    {
        var bytes = Kind switch
        {
            TensorKind.Float => MemoryMarshal.AsBytes(Narrowed<float>()),
            TensorKind.Int32 => MemoryMarshal.AsBytes(Narrowed<int>()),
            TensorKind.Int64 => MemoryMarshal.AsBytes(Narrowed<long>()),
            _ => Narrowed<byte>(),
        };
        var tensor = new TensorProto { DataType = (int)Kind, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(Shape.Select(d => (long)d));
        return tensor;
    }

    /// <summary>The nearest values of another type.</summary>
    public T[] Narrowed<T>() where T : unmanaged, INumber<T> => Array.ConvertAll(Values, T.CreateSaturating);

    /// <summary>The elements of an int32 or int64 tensor.</summary>
    public long[] ToLongs() => Kind is TensorKind.Int32 or TensorKind.Int64
        ? Narrowed<long>()
        : throw new InvalidOperationException($"Whole numbers are wanted, and {this} is given.");

    /// <summary>The only element.</summary>
    public double ToScalar() => Values.Length == 1
        ? Values[0]
        : throw new InvalidOperationException($"One value is wanted, and {this} is given.");

    /// <summary>The same elements in another shape.</summary>
    public Tensor64 Reshaped(params int[] shape) => new(Kind, shape, Values);

    /// <summary>Other elements of the same kind, in the same shape.</summary>
    public Tensor64 With(double[] values) => new(Kind, Shape, values);

    /// <summary>Elements picked by their places, in another shape.</summary>
    public Tensor64 Picked(int[] shape, int[] offsets) => new(Kind, shape, Array.ConvertAll(offsets, o => Values[o]));

    /// <summary>An axis counted from the front.</summary>
    public int Axis(long axis) => axis >= -Rank && axis < Rank
        ? (int)(axis < 0 ? axis + Rank : axis)
        : throw new InvalidOperationException($"Axis {axis} is none of {this}.");

    public override string ToString() => $"{Kind} {Text(Shape)}";

    public static string Text(IEnumerable<int> shape) => "[" + string.Join(", ", shape) + "]";

    private static double[] Widened<T>(ReadOnlySpan<byte> bytes) where T : unmanaged, INumber<T> =>
        Array.ConvertAll(MemoryMarshal.Cast<byte, T>(bytes).ToArray(), double.CreateChecked);

    private static string Known() => string.Join(", ", Enum.GetValues<TensorKind>().Select(k => $"{(int)k} ({k})"));
}
