namespace XlLoraOnnx.Formats;

/// <summary>The pickle of a state dict: names and tensors, each checked against the entry that holds its numbers.</summary>
internal static class TorchStateDict
{
    public static Dictionary<string, SafetensorsTensor> Read(
        byte[] pickle, string path, string archive, Dictionary<string, StoredEntry> entries)
    {
        if (new PickleReader(pickle, path).Read() is not PickleDictionary state)
            throw new NotSupportedException(
                $"'{path}' holds no dictionary of tensors. Save model.state_dict() alone, or: {TorchFile.ToConvert}");
        var tensors = new Dictionary<string, SafetensorsTensor>();
        foreach (var (key, value) in state.Items)
        {
            if (key is not string name)
                throw new NotSupportedException($"'{path}': a key of its dictionary is {Describe(key)}, expected the name of a tensor.");
            if (value is not TorchTensor tensor)
                throw new NotSupportedException(
                    $"'{path}': '{name}' is {Describe(value)} where a tensor is expected. Save model.state_dict() alone, or: "
                    + TorchFile.ToConvert);
            if (!tensors.TryAdd(name, Place(name, tensor, path, archive, entries)))
                throw TorchFile.Malformed(path, $"it has tensor '{name}' twice");
        }
        return tensors;
    }

    private static SafetensorsTensor Place(
        string name, TorchTensor tensor, string path, string archive, Dictionary<string, StoredEntry> entries)
    {
        var storage = tensor.Storage;
        var elementBytes = SafetensorsTensor.ElementBytes(storage.DType)!.Value;
        if (!entries.TryGetValue($"{archive}data/{storage.Key}", out var entry))
            throw TorchFile.Malformed(path, $"tensor '{name}' lies in storage '{storage.Key}', which the file does not have");
        if (storage.Elements > long.MaxValue / elementBytes || storage.Elements * elementBytes != entry.Bytes)
            throw TorchFile.Malformed(path,
                $"storage '{storage.Key}' of tensor '{name}' is to have {storage.Elements} elements of {elementBytes} bytes and has "
                + $"{entry.Bytes} bytes");
        var shape = "[" + string.Join(", ", tensor.Shape) + "]";
        var count = Elements(tensor.Shape);
        if (count < 0 || tensor.Offset > storage.Elements || count > storage.Elements - tensor.Offset)
            throw TorchFile.Malformed(path,
                $"tensor '{name}' {shape} at element {tensor.Offset} lies outside its storage '{storage.Key}' of "
                + $"{storage.Elements} elements");
        if (count > 0 && !IsRowMajor(tensor))
            throw new NotSupportedException(
                $"'{path}': tensor '{name}' {shape} is not stored row by row: its strides are [{string.Join(", ", tensor.Strides)}]. "
                + $"Call contiguous() on it before it is saved, or: {TorchFile.ToConvert}");
        return new SafetensorsTensor(
            name, storage.DType, tensor.Shape, entry.Offset + tensor.Offset * elementBytes, count * elementBytes);
    }

    /// <returns>-1 if there are too many of them to count.</returns>
    private static long Elements(long[] shape)
    {
        if (shape.Contains(0))
            return 0;
        long product = 1;
        foreach (var dim in shape)
        {
            if (product > long.MaxValue / dim)
                return -1;
            product *= dim;
        }
        return product;
    }

    private static bool IsRowMajor(TorchTensor tensor)
    {
        long expected = 1;
        for (var axis = tensor.Shape.Length - 1; axis >= 0; axis--)
        {
            // the stride of a dimension of 1 is never taken
            if (tensor.Shape[axis] != 1 && tensor.Strides[axis] != expected)
                return false;
            expected *= tensor.Shape[axis];
        }
        return true;
    }

    private static string Describe(object value) => value switch
    {
        PickleDictionary => "a dictionary",
        List<object> => "a list",
        object[] => "a tuple",
        string => "a text",
        long or double or bool => "a number",
        TorchTensor => "a tensor",
        TorchStorage => "a storage",
        PickleGlobal global => $"the name {global.Name}",
        _ => "None",
    };
}
