using System.Globalization;

namespace XlLoraOnnx.Adapters;

/// <summary>
/// sum = product {("+" | "-") product}; product = signed {"*" signed}; signed = ("-" | "+") signed | number | name | "(" sum ")".
/// </summary>
internal sealed class RecipeParser(string text)
{
    private const int MaxLength = 10_000;
    private const int MaxDepth = 100;

    private int _position;
    private int _depth;

    /// <exception cref="ArgumentException">With the position, counted from 1.</exception>
    public RecipeNode Parse()
    {
        if (text.Length > MaxLength)
            throw new ArgumentException($"The recipe has {text.Length} characters; at most {MaxLength} are allowed.");
        SkipBlanks();
        if (_position == text.Length)
            throw new ArgumentException("The recipe is empty. Example: task + 0.5 * (hausa - english)");
        var root = Sum();
        if (_position < text.Length)
            throw Wrong(
                _position, text[_position] == ')' ? "')' closes nothing" : $"'{Shown()}' is not expected here: + - * or the end is");
        return root.IsNumber ? throw Wrong(0, "it names no adapter, so that there is nothing to compose") : root;
    }

    private RecipeNode Sum()
    {
        var left = Product();
        while (Peek() is '+' or '-')
        {
            var (at, sign) = (_position, text[_position] == '+' ? 1 : -1);
            Advance();
            var right = Product();
            if (left.IsNumber != right.IsNumber)
                throw Wrong(at,
                    $"a number and an adapter cannot be {(sign > 0 ? "added" : "subtracted")}; multiply them, as in 0.5 * hausa");
            left = new RecipeSum(left, right, sign);
        }
        return left;
    }

    private RecipeNode Product()
    {
        var left = Signed();
        while (Peek() == '*')
        {
            var at = _position;
            Advance();
            var right = Signed();
            left = (left.IsNumber, right.IsNumber) switch
            {
                (false, false) => throw Wrong(at, "two adapters cannot be multiplied; one side of '*' is a number"),
                (false, true) => new RecipeProduct(right, left),
                _ => new RecipeProduct(left, right),
            };
        }
        return left;
    }

    private RecipeNode Signed()
    {
        if (++_depth > MaxDepth)
            throw Wrong(_position, $"it is nested deeper than {MaxDepth}");
        var node = Peek() switch
        {
            null => throw Wrong(text.Length, "it ends where an adapter, a number or '(' is expected"),
            '-' => Negative(),
            '+' => Positive(),
            '(' => Parenthesis(),
            >= '0' and <= '9' or '.' => Number(),
            { } c when char.IsLetter(c) || c == '_' => Name(),
            '/' => throw Wrong(_position, "'/' is not known: multiply by 0.5 instead of dividing by 2"),
            _ => throw Wrong(_position, $"'{Shown()}' is not expected here: an adapter, a number or '(' is"),
        };
        _depth--;
        return node;
    }

    private RecipeProduct Negative()
    {
        Advance();
        return new RecipeProduct(new RecipeNumber(-1), Signed());
    }

    private RecipeNode Positive()
    {
        Advance();
        return Signed();
    }

    private RecipeNode Parenthesis()
    {
        var opened = _position;
        Advance();
        var node = Sum();
        if (Peek() != ')')
            throw Wrong(_position < text.Length ? _position : opened,
                _position < text.Length ? $"'{Shown()}' is not expected here: + - * or ')' is" : "'(' is never closed");
        Advance();
        return node;
    }

    private RecipeNumber Number()
    {
        var start = _position;
        while (_position < text.Length && (char.IsAsciiDigit(text[_position]) || text[_position] is '.' or 'e' or 'E'
            || (text[_position] is '+' or '-' && text[_position - 1] is 'e' or 'E' && _position > start)))
            _position++;
        var digits = text[start.._position];
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!double.TryParse(digits, Style, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
            throw Wrong(start, $"'{digits}' is not a number");
        SkipBlanks();
        return new RecipeNumber(value);
    }

    // names of adapters have dots and hyphens too, but a hyphen is a minus here: such an adapter is given another name, NAME=DIR
    private RecipeNode Name()
    {
        var start = _position;
        while (_position < text.Length && (char.IsLetterOrDigit(text[_position]) || text[_position] is '_' or '.'))
            _position++;
        var name = text[start.._position];
        SkipBlanks();
        return name is AdapterRecipe.Lambda or "λ" ? new RecipeLambda() : new RecipeName(name);
    }

    private char? Peek() => _position < text.Length ? text[_position] : null;

    private void Advance()
    {
        _position++;
        SkipBlanks();
    }

    private void SkipBlanks()
    {
        while (_position < text.Length && char.IsWhiteSpace(text[_position]))
            _position++;
    }

    private string Shown() => char.IsSurrogatePair(text, _position) ? text.Substring(_position, 2) : text[_position].ToString();

    private ArgumentException Wrong(int at, string what) =>
        new($"The recipe '{text}' is wrong at position {(at + 1).ToString(CultureInfo.InvariantCulture)}: {what}.");
}
