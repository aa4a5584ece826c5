using System.Text;

namespace XlLoraOnnx.Docs.Tests;

/// <summary>
/// What is printed while it lives. The console is taken over once and for all, since a program may keep the writer that it found first.
/// </summary>
internal sealed class PrintedText : IDisposable
{
    private static readonly Forwarder Writer = TakeOver();

    private readonly StringBuilder _text = new();

    private PrintedText()
    {
    }

    public static PrintedText Capture() => Writer.Current = new PrintedText();

    public void Dispose() => Writer.Current = null;

    public override string ToString()
    {
        lock (_text)
            return _text.ToString();
    }

    private static Forwarder TakeOver()
    {
        var writer = new Forwarder();
        Console.SetOut(writer);
        Console.SetError(writer);
        return writer;
    }

    private void Append(char value)
    {
        lock (_text)
            _text.Append(value);
    }

    private sealed class Forwarder : TextWriter
    {
        public PrintedText? Current { get; set; }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Current?.Append(value);
    }
}
