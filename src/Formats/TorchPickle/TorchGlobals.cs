namespace XlLoraOnnx.Formats;

/// <summary>
/// All names that a pickle may ask for, and what calling them makes: descriptions of tensors. There is no code behind them.
/// Sources: torch/_utils.py for their arguments, torch/storage.py for the storages.
/// </summary>
internal static class TorchGlobals
{
    private const string OrderedDict = "collections.OrderedDict";
    private const string Size = "torch.Size";
    private const string RebuildTensor = "torch._utils._rebuild_tensor";
    private const string RebuildTensorV2 = "torch._utils._rebuild_tensor_v2";
    private const string RebuildParameter = "torch._utils._rebuild_parameter";
    private const int MaxRank = 64;

    private static readonly Dictionary<string, string> StorageTypes = new()
    {
        ["torch.DoubleStorage"] = "F64",
        ["torch.FloatStorage"] = "F32",
        ["torch.HalfStorage"] = "F16",
        ["torch.BFloat16Storage"] = "BF16",
        ["torch.LongStorage"] = "I64",
        ["torch.IntStorage"] = "I32",
        ["torch.ShortStorage"] = "I16",
        ["torch.CharStorage"] = "I8",
        ["torch.ByteStorage"] = "U8",
        ["torch.BoolStorage"] = "BOOL",
    };

    public static bool IsKnown(string name) =>
        name is OrderedDict or Size or RebuildTensor or RebuildTensorV2 or RebuildParameter || StorageTypes.ContainsKey(name);

    /// <summary>What calling a known name with arguments describes; null if it does not take these.</summary>
    public static object? Call(string name, object[] arguments) => name switch
    {
        OrderedDict => Dictionary(arguments),
        Size => arguments is [object[] size] && Numbers(size) is not null ? size : null,
        RebuildTensor when arguments.Length == 4 => Tensor(arguments),
        RebuildTensorV2 when arguments.Length is 6 or 7 => Tensor(arguments),
        RebuildParameter => arguments is [TorchTensor data, _, _] ? data : null,
        _ => null,
    };

    /// <summary>The storage of a persistent id: ('storage', type, key, device, elements); null if it is none.</summary>
    public static TorchStorage? Storage(object id) =>
        id is object[] and ["storage", PickleGlobal type, string key, string, long elements]
        && elements >= 0 && StorageTypes.TryGetValue(type.Name, out var dtype)
            ? new TorchStorage(key, dtype, elements)
            : null;

    private static PickleDictionary? Dictionary(object[] arguments)
    {
        var made = new PickleDictionary();
        if (arguments.Length == 0)
            return made;
        // Python 2 gave the items as a list of lists
        if (arguments is not [List<object> items])
            return null;
        foreach (var item in items)
        {
            if (item is not List<object> and not object[] || item is not IReadOnlyList<object> { Count: 2 } pair)
                return null;
            made.Items.Add((pair[0], pair[1]));
        }
        return made;
    }

    private static TorchTensor? Tensor(object[] arguments)
    {
        // the seventh argument says that the values are to be conjugated or negated; a dictionary with nothing in it says nothing
        if (arguments.Length == 7 && arguments[6] is not PickleNone and not PickleDictionary { Items.Count: 0 })
            return null;
        return arguments is [TorchStorage storage, long offset, object[] size, object[] stride, ..] && offset >= 0
            && size.Length <= MaxRank && size.Length == stride.Length
            && Numbers(size) is { } shape && Numbers(stride) is { } strides
                ? new TorchTensor(storage, offset, shape, strides)
                : null;
    }

    private static long[]? Numbers(object[] values) =>
        Array.TrueForAll(values, v => v is long and >= 0) ? Array.ConvertAll(values, v => (long)v) : null;
}
