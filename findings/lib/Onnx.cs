namespace Findings;

using System.Text;

/// <summary>Just enough of the ONNX protobuf to write small graphs: field numbers are those of onnx.proto.</summary>
static class Onnx
{
    public const int F32 = 1, U8 = 2, I8 = 3, I32 = 6, I64 = 7, B = 9, F16 = 10, BF16 = 16;

    /// <summary>One message under construction.</summary>
    public sealed class Message
    {
        readonly MemoryStream _bytes = new();

        public Message Number(int field, long value) { Varint((ulong)field << 3); Varint((ulong)value); return this; }
        public Message Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));
        public Message Part(int field, Message value) => Bytes(field, value.ToArray());
        public Message Parts(int field, IEnumerable<Message> values) { foreach (var v in values) Part(field, v); return this; }
        public Message Texts(int field, IEnumerable<string> values) { foreach (var v in values) Text(field, v); return this; }
        public byte[] ToArray() => _bytes.ToArray();

        public Message Bytes(int field, byte[] value)
        {
            Varint((ulong)field << 3 | 2);
            Varint((ulong)value.Length);
            _bytes.Write(value);
            return this;
        }

        public Message Single(int field, float value)
        {
            Varint((ulong)field << 3 | 5);
            _bytes.Write(BitConverter.GetBytes(value));
            return this;
        }

        void Varint(ulong value)
        {
            for (; value > 127; value >>= 7) _bytes.WriteByte((byte)(value | 128));
            _bytes.WriteByte((byte)value);
        }
    }

    /// <summary>A node; inputs and outputs are names between spaces, "-" stands for one that is left out.</summary>
    public static Message Node(string op, string inputs, string outputs, string domain = "",
        params (string Name, object Value)[] attributes)
    {
        var node = new Message().Texts(1, Names(inputs)).Texts(2, Names(outputs)).Text(3, outputs).Text(4, op).Text(7, domain);
        return node.Parts(5, attributes.Select(a => Attribute(a.Name, a.Value)));
    }

    static IEnumerable<string> Names(string names) => names.Split(' ').Select(n => n == "-" ? "" : n);

    static Message Attribute(string name, object value)
    {
        var attribute = new Message().Text(1, name);
        return value switch
        {
            float f => attribute.Single(2, f).Number(20, 1),
            string s => attribute.Text(4, s).Number(20, 3),
            _ => attribute.Number(3, Convert.ToInt64(value)).Number(20, 2),
        };
    }

    /// <summary>An input or output; a dimension is a number, a symbol, or "?".</summary>
    public static Message Value(string name, int type, params object[] dims)
    {
        var shape = new Message().Parts(1, dims.Select(d =>
            d is "?" ? new Message() : d is string s ? new Message().Text(2, s) : new Message().Number(1, Convert.ToInt64(d))));
        return new Message().Text(1, name).Part(2, new Message().Part(1, new Message().Number(1, type).Part(2, shape)));
    }

    /// <summary>An initializer.</summary>
    public static Message Tensor<T>(string name, int type, T[] values, params long[] dims) where T : struct
    {
        var raw = System.Runtime.InteropServices.MemoryMarshal.AsBytes<T>(values).ToArray();
        var tensor = new Message().Number(2, type).Text(8, name).Bytes(9, raw);
        foreach (var d in dims) tensor.Number(1, d);
        return tensor;
    }

    public static byte[] Model(Message[] inputs, Message[] outputs, Message[] nodes, Message[]? initializers = null, int opset = 21)
    {
        var graph = new Message().Parts(1, nodes).Text(2, "g").Parts(5, initializers ?? []).Parts(11, inputs).Parts(12, outputs);
        return new Message().Number(1, 10).Part(7, graph)
            .Part(8, new Message().Text(1, "").Number(2, opset)).Part(8, new Message().Text(1, "com.microsoft").Number(2, 1)).ToArray();
    }
}
