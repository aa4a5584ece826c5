using System.Buffers.Binary;
using System.Text;

namespace XlLoraOnnx.Formats;

/// <summary>
/// The opcodes of pickle protocol 2 that <c>torch.save</c> writes, read to values that describe tensors. A name that is not among
/// <see cref="TorchGlobals"/> is refused where it is asked for, so that there is nothing to call. Every value pushed is counted, which
/// bounds stack, memo, tuples and lists; nothing recurses. Source: pickletools.py of CPython.
/// </summary>
internal sealed class PickleReader(byte[] pickle, string path)
{
    private const int MaxValues = 2_000_000;
    private const int MaxStack = 200_000;
    private const int MaxMarks = 100;
    private const int MaxNameBytes = 200;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    // those that make objects or come of other protocols, for the message
    private static readonly Dictionary<byte, string> Refused = new()
    {
        [(byte)'i'] = "INST",
        [(byte)'o'] = "OBJ",
        [0x81] = "NEWOBJ",
        [0x92] = "NEWOBJ_EX",
        [0x82] = "EXT1",
        [0x83] = "EXT2",
        [0x84] = "EXT4",
        [(byte)'P'] = "PERSID",
        [0x93] = "STACK_GLOBAL",
        [0x95] = "FRAME",
        [0x94] = "MEMOIZE",
        [0x8f] = "EMPTY_SET",
        [0x96] = "BYTEARRAY8",
        [0x97] = "NEXT_BUFFER",
        [(byte)'C'] = "SHORT_BINBYTES",
        [(byte)'B'] = "BINBYTES",
    };

    private readonly List<object> _stack = [];
    private readonly Stack<int> _marks = [];
    private readonly Dictionary<uint, object> _memo = [];
    private int _position;
    private int _values;

    /// <summary>The value that the pickle leaves at its end.</summary>
    public object Read()
    {
        if (Byte() != 0x80)
            throw Malformed("it does not begin with a protocol");
        if (Byte() is not 2 and var protocol)
            throw new NotSupportedException(
                $"'{path}': its pickle has protocol {protocol}; torch.save writes 2 unless it is told otherwise. {TorchFile.ToConvert}");
        while (true)
        {
            var opcode = Byte();
            if (opcode == '.')
                return _stack.Count == 1 && _marks.Count == 0 ? _stack[0] : throw Malformed("it ends with values left over");
            if (Constant(opcode) is { } value)
                Push(value);
            else
                Change(opcode);
        }
    }

    /// <summary>The value that an opcode pushes without taking any; null for other opcodes.</summary>
    private object? Constant(byte opcode) => opcode switch
    {
        (byte)'N' => PickleNone.Value,
        0x88 => true,
        0x89 => false,
        (byte)'K' => (long)Byte(),
        (byte)'M' => (long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2)),
        (byte)'J' => (long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4)),
        0x8a => Long(Byte()),
        (byte)'G' => BinaryPrimitives.ReadDoubleBigEndian(Bytes(8)),
        (byte)'X' => Text(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))),
        (byte)'U' => Text(Byte()),
        (byte)')' => Array.Empty<object>(),
        (byte)'}' => new PickleDictionary(),
        (byte)']' => new List<object>(),
        (byte)'c' => Global(),
        (byte)'h' => Remembered(Byte()),
        (byte)'j' => Remembered(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))),
        _ => null,
    };

    private void Change(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'(':
                if (_marks.Count == MaxMarks)
                    throw Malformed($"its values are nested deeper than {MaxMarks}");
                _marks.Push(_stack.Count);
                break;
            case (byte)'q':
                Remember(Byte());
                break;
            case (byte)'r':
                Remember(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4)));
                break;
            case (byte)'t':
                Push(PopToMark());
                break;
            case 0x85 or 0x86 or 0x87:
                Push(Pop(opcode - 0x84));
                break;
            case (byte)'s':
                SetItems(Pop(2));
                break;
            case (byte)'u':
                SetItems(PopToMark());
                break;
            case (byte)'a':
                Append(Pop(1));
                break;
            case (byte)'e':
                Append(PopToMark());
                break;
            case (byte)'Q':
                Push(TorchGlobals.Storage(Pop(1)[0]) ?? throw Malformed("it refers to something that is no storage of tensors"));
                break;
            case (byte)'R':
                Call();
                break;
            case (byte)'b':
                Build();
                break;
            default:
                throw Unknown(opcode);
        }
    }

    private void Call()
    {
        var (called, arguments) = Pop(2) is [var f, var a] ? (f, a) : throw Malformed("it calls nothing");
        if (called is not PickleGlobal global || arguments is not object[] tuple)
            throw Malformed("it calls something that cannot be called");
        Push(TorchGlobals.Call(global.Name, tuple) ?? throw new NotSupportedException(
            $"'{path}': its pickle calls {global.Name} with {tuple.Length} arguments that describe no dense tensor. "
            + TorchFile.ToConvert));
    }

    /// <summary>The attributes of a dictionary: state dicts have the versions of their modules there (_metadata), which are not
    /// needed.</summary>
    private void Build()
    {
        if (Pop(1)[0] is not PickleDictionary)
            throw Malformed("it sets attributes that are no dictionary");
        Top<PickleDictionary>("a dictionary");
    }

    private void SetItems(object[] items)
    {
        if (items.Length % 2 != 0)
            throw Malformed("a dictionary has a key without a value");
        var dictionary = Top<PickleDictionary>("a dictionary");
        for (var i = 0; i < items.Length; i += 2)
            dictionary.Items.Add((items[i], items[i + 1]));
    }

    private void Append(object[] items) => Top<List<object>>("a list").AddRange(items);

    private PickleGlobal Global()
    {
        var name = $"{Line()}.{Line()}";
        return TorchGlobals.IsKnown(name) ? new PickleGlobal(name) : throw new NotSupportedException(
            $"'{path}': its pickle asks for {name}, which is no part of a tensor; nothing of it is run. A file of weights needs tensors, "
            + $"their storages and collections.OrderedDict alone. If it is one all the same: {TorchFile.ToConvert}");
    }

    private string Line()
    {
        var end = pickle.AsSpan(_position).IndexOf((byte)'\n');
        if (end is < 0 or > MaxNameBytes)
            throw Malformed($"it asks for a name of more than {MaxNameBytes} bytes");
        var bytes = Bytes(end + 1)[..^1];
        // what is no name does not reach the message either
        return bytes.ContainsAnyExceptInRange((byte)'!', (byte)'~')
            ? throw Malformed("it asks for a name with characters that no name has")
            : Encoding.ASCII.GetString(bytes);
    }

    private object Remembered(uint index) =>
        _memo.TryGetValue(index, out var value) ? value : throw Malformed($"it refers to value {index}, which it has not given");

    private void Remember(uint index)
    {
        _memo[index] = _stack.Count > 0 ? _stack[^1] : throw Malformed("it has no value to remember");
        Count();
    }

    private long Long(int bytes)
    {
        if (bytes > sizeof(long))
            throw Malformed($"it has an integer of {bytes} bytes");
        var value = 0L;
        var given = Bytes(bytes);
        for (var i = 0; i < bytes; i++)
            value |= (long)given[i] << (8 * i);
        // two's complement
        return bytes is 0 or 8 || given[^1] < 0x80 ? value : value - (1L << (8 * bytes));
    }

    private string Text(uint bytes)
    {
        try
        {
            return Utf8.GetString(Bytes(bytes));
        }
        catch (DecoderFallbackException e)
        {
            throw Malformed("it has a text that is not UTF-8", e);
        }
    }

    private void Push(object value)
    {
        Count();
        if (_stack.Count == MaxStack)
            throw Malformed($"it piles up more than {MaxStack} values");
        _stack.Add(value);
    }

    private void Count()
    {
        if (++_values > MaxValues)
            throw Malformed($"it has more than {MaxValues} values");
    }

    private object[] Pop(int count)
    {
        if (_stack.Count - count < (_marks.TryPeek(out var mark) ? mark : 0))
            throw Malformed("it takes a value where there is none");
        var values = _stack.GetRange(_stack.Count - count, count).ToArray();
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private object[] PopToMark() =>
        _marks.TryPop(out var mark) ? Pop(_stack.Count - mark) : throw Malformed("it ends a list that it has not begun");

    private T Top<T>(string expected)
        where T : class =>
        _stack.Count > 0 && _stack[^1] is T value ? value : throw Malformed($"it changes something that is not {expected}");

    private byte Byte() => Bytes(1)[0];

    private ReadOnlySpan<byte> Bytes(long count)
    {
        if (count > pickle.Length - _position)
            throw Malformed($"it ends {count - (pickle.Length - _position)} bytes too early");
        var bytes = pickle.AsSpan(_position, (int)count);
        _position += (int)count;
        return bytes;
    }

    private Exception Unknown(byte opcode) => Refused.TryGetValue(opcode, out var name)
        ? new NotSupportedException(
            $"'{path}': its pickle has the opcode {name} (0x{opcode:x2}) at byte {_position - 1}, which torch.save does not write of "
            + $"tensors; nothing of it is run. {TorchFile.ToConvert}")
        : Malformed($"it has 0x{opcode:x2} at byte {_position - 1}, which is no opcode of torch.save");

    private InvalidDataException Malformed(string what, Exception? inner = null) =>
        TorchFile.Malformed(path, $"its pickle is damaged: {what}", inner);
}
