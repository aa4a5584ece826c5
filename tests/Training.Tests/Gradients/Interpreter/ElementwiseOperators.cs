namespace XlLoraOnnx.Training.Tests;

/// <summary>Operators on each element by itself.</summary>
internal static class ElementwiseOperators
{
    public static Func<OperatorCall, Tensor64> Unary(Func<double, double> function) =>
        call => call[0].With(Array.ConvertAll(call[0].Values, v => function(v)));

    /// <summary>Of two tensors of the same kind, which is that of the result.</summary>
    public static Func<OperatorCall, Tensor64> Binary(Func<double, double, double> function) =>
        call => Zip(call[0], call[1], SameKind(call, 0, 1), function);

    public static Func<OperatorCall, Tensor64> Comparison(Func<double, double, bool> function) => call =>
    {
        SameKind(call, 0, 1);
        return Zip(call[0], call[1], TensorKind.Bool, (a, b) => function(a, b) ? 1 : 0);
    };

    /// <summary>Of one tensor or more.</summary>
    public static Func<OperatorCall, Tensor64> Variadic(Func<double, double, double> function) => call =>
    {
        var result = call[0];
        for (var i = 1; i < call.Count; i++)
            result = Zip(result, call[i], SameKind(call, 0, i), function);
        return result;
    };

    public static Tensor64 Zip(Tensor64 a, Tensor64 b, TensorKind kind, Func<double, double, double> function)
    {
        var shape = Strides.Broadcast(a.Shape, b.Shape);
        var (offsetsA, offsetsB) = (Strides.BroadcastOffsets(a.Shape, shape), Strides.BroadcastOffsets(b.Shape, shape));
        var values = new double[offsetsA.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = function(a.Values[offsetsA[i]], b.Values[offsetsB[i]]);
        return new Tensor64(kind, shape, values);
    }

    /// <summary>Whole numbers are divided towards 0.</summary>
    public static Tensor64 Div(OperatorCall call)
    {
        var kind = SameKind(call, 0, 1);
        return Zip(call[0], call[1], kind, kind == TensorKind.Float ? (a, b) => a / b : (a, b) => Math.Truncate(a / b));
    }

    /// <summary>The exponent may be of another kind.</summary>
    public static Tensor64 Pow(OperatorCall call) => Zip(call[0], call[1], call[0].Kind, Math.Pow);

    public static Tensor64 Where(OperatorCall call)
    {
        if (call[0].Kind != TensorKind.Bool)
            throw call.Unsupported($"a condition of kind {call[0].Kind}");
        var kind = SameKind(call, 1, 2);
        var shape = Strides.Broadcast(call[0].Shape, Strides.Broadcast(call[1].Shape, call[2].Shape));
        var condition = Strides.BroadcastOffsets(call[0].Shape, shape);
        var (yes, no) = (Strides.BroadcastOffsets(call[1].Shape, shape), Strides.BroadcastOffsets(call[2].Shape, shape));
        var values = new double[condition.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = call[0].Values[condition[i]] != 0 ? call[1].Values[yes[i]] : call[2].Values[no[i]];
        return new Tensor64(kind, shape, values);
    }

    /// <summary>To float32 nothing is rounded: what is computed here is what exact arithmetic would give.</summary>
    public static Tensor64 Cast(OperatorCall call)
    {
        var kind = (TensorKind)call.Int("to", 0);
        Func<double, double> function = kind switch
        {
            TensorKind.Float => v => v,
            TensorKind.Int32 or TensorKind.Int64 => Math.Truncate,
            TensorKind.Bool => v => v != 0 ? 1 : 0,
            _ => throw call.Unsupported($"a cast to type {(int)kind}"),
        };
        return new Tensor64(kind, call[0].Shape, Array.ConvertAll(call[0].Values, v => function(v)));
    }

    public static Tensor64 Gelu(OperatorCall call) => call.Text("approximate", "none") switch
    {
        "none" => Unary(Gelu)(call),
        "tanh" => Unary(GeluTanh)(call),
        var other => throw call.Unsupported($"the approximation '{other}'"),
    };

    /// <summary>x · Φ(x)</summary>
    public static double Gelu(double x) => x * (1 + Erf(x / Math.Sqrt(2))) / 2;

    /// <summary>Hendrycks and Gimpel, Gaussian Error Linear Units (arXiv 1606.08415).</summary>
    public static double GeluTanh(double x) => x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))) / 2;

    /// <summary>2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): Abramowitz and Stegun 7.1.6. No term has another sign, so that nothing
    /// cancels out, as it does in 7.1.5.</summary>
    public static double Erf(double x)
    {
        if (Math.Abs(x) > 6)
            return Math.Sign(x);
        var (term, sum) = (x, x);
        for (var n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static TensorKind SameKind(OperatorCall call, int a, int b) => call[a].Kind == call[b].Kind
        ? call[a].Kind
        : throw call.Unsupported("two kinds in one operation");
}
