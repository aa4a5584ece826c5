using System.Text;

namespace XlLoraOnnx.Synthesis;

/// <summary>Values of an enumeration as words, so that a journal does not depend on their order in the source.</summary>
internal sealed class JournalWords<T>
    where T : struct, Enum
{
    private readonly string _what;
    private readonly T[] _values = Enum.GetValues<T>();
    private readonly byte[][] _words;

    /// <param name="what">What the values are, for messages.</param>
    public JournalWords(string what, Func<T, string> name)
    {
        _what = what;
        _words = [.. _values.Select(v => Encoding.UTF8.GetBytes(name(v)))];
    }

    public ReadOnlySpan<byte> Word(T value) => _words[Array.IndexOf(_values, value)];

    public T Value(ReadOnlySpan<byte> word)
    {
        for (int i = 0; i < _words.Length; i++)
        {
            if (word.SequenceEqual(_words[i]))
                return _values[i];
        }

        throw new InvalidDataException(
            $"there is no {_what} \"{Encoding.UTF8.GetString(word)}\" (known: "
            + $"{string.Join(", ", _words.Select(Encoding.UTF8.GetString))}); a newer version of this tool wrote it");
    }
}
