namespace XlLoraOnnx.Formats;

/// <summary>Values of a pickle beside <see cref="string"/>, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, tuples
/// (<c>object[]</c>) and lists.</summary>
internal sealed class PickleNone
{
    public static readonly PickleNone Value = new();
}

/// <summary>A dict or an OrderedDict; keys may be there twice, the reader of the whole decides.</summary>
internal sealed class PickleDictionary
{
    public List<(object Key, object Value)> Items { get; } = [];
}

/// <summary>A name that the pickle asks for, one of those that are known.</summary>
internal sealed record PickleGlobal(string Name);

/// <param name="Key">Of its entry in the zip.</param>
/// <param name="DType">As safetensors spells it.</param>
internal sealed record TorchStorage(string Key, string DType, long Elements);

/// <param name="Offset">In elements.</param>
/// <param name="Strides">In elements.</param>
internal sealed record TorchTensor(TorchStorage Storage, long Offset, long[] Shape, long[] Strides);
