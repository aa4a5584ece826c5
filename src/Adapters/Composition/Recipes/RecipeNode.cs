using System.Numerics.Tensors;

namespace XlLoraOnnx.Adapters;

/// <summary>A part of a recipe: a number, an adapter, or several of them.</summary>
internal abstract record RecipeNode
{
    /// <summary>Whether it is a number, and not a sum of adapters.</summary>
    public abstract bool IsNumber { get; }
    public virtual bool HasLambda => false;

    /// <summary>Of the adapters, from left to right, with repetition.</summary>
    public virtual IEnumerable<string> Names() => [];

    /// <summary>The value of a number.</summary>
    public abstract double Number(double lambda);

    /// <summary>Adds <paramref name="factor"/> times this to the factors of the adapters.</summary>
    public abstract void AddFactors(double factor, double lambda, IDictionary<string, double> factors);

    /// <summary>
    /// The same for vectors that multiply (IA)³'s activations, where no change is 1 and not 0: a sum is a product, a difference a quotient,
    /// and c times v is 1 + c (v − 1). Of <c>t + λ (h − e)</c> this makes AdaMergeX's t ⊙ (1 + λ (h ⊘ e − 1)).
    /// </summary>
    public abstract double[] Vector(double lambda, IReadOnlyDictionary<string, double[]> vectors);
}

internal sealed record RecipeNumber(double Value) : RecipeNode
{
    public override bool IsNumber => true;
    public override double Number(double lambda) => Value;
    public override void AddFactors(double factor, double lambda, IDictionary<string, double> factors) => throw Unreachable();
    public override double[] Vector(double lambda, IReadOnlyDictionary<string, double[]> vectors) => throw Unreachable();

    // the parser lets numbers stand only before adapters
    internal static InvalidOperationException Unreachable() => new("A number stands where the parser demands adapters, or the reverse.");
}

internal sealed record RecipeLambda : RecipeNode
{
    public override bool IsNumber => true;
    public override bool HasLambda => true;
    public override double Number(double lambda) => lambda;
    public override void AddFactors(double factor, double lambda, IDictionary<string, double> factors) => throw RecipeNumber.Unreachable();
    public override double[] Vector(double lambda, IReadOnlyDictionary<string, double[]> vectors) => throw RecipeNumber.Unreachable();
}

internal sealed record RecipeName(string Name) : RecipeNode
{
    public override bool IsNumber => false;
    public override IEnumerable<string> Names() => [Name];
    public override double Number(double lambda) => throw RecipeNumber.Unreachable();
    public override void AddFactors(double factor, double lambda, IDictionary<string, double> factors) => factors[Name] += factor;
    public override double[] Vector(double lambda, IReadOnlyDictionary<string, double[]> vectors) => [.. vectors[Name]];
}

/// <summary>Left + Right, or Left − Right where <paramref name="Sign"/> is −1; both numbers or both adapters.</summary>
internal sealed record RecipeSum(RecipeNode Left, RecipeNode Right, int Sign) : RecipeNode
{
    public override bool IsNumber => Left.IsNumber;
    public override bool HasLambda => Left.HasLambda || Right.HasLambda;
    public override IEnumerable<string> Names() => Left.Names().Concat(Right.Names());
    public override double Number(double lambda) => Left.Number(lambda) + Sign * Right.Number(lambda);

    public override void AddFactors(double factor, double lambda, IDictionary<string, double> factors)
    {
        Left.AddFactors(factor, lambda, factors);
        Right.AddFactors(factor * Sign, lambda, factors);
    }

    public override double[] Vector(double lambda, IReadOnlyDictionary<string, double[]> vectors)
    {
        var (left, right) = (Left.Vector(lambda, vectors), Right.Vector(lambda, vectors));
        if (Sign > 0)
            TensorPrimitives.Multiply(left, right, left);
        else
            TensorPrimitives.Divide(left, right, left);
        return left;
    }
}

/// <summary>A number times a number, or times adapters, which then are <paramref name="Right"/>.</summary>
internal sealed record RecipeProduct(RecipeNode Left, RecipeNode Right) : RecipeNode
{
    public override bool IsNumber => Right.IsNumber;
    public override bool HasLambda => Left.HasLambda || Right.HasLambda;
    public override IEnumerable<string> Names() => Right.Names();
    public override double Number(double lambda) => Left.Number(lambda) * Right.Number(lambda);

    public override void AddFactors(double factor, double lambda, IDictionary<string, double> factors) =>
        Right.AddFactors(factor * Left.Number(lambda), lambda, factors);

    public override double[] Vector(double lambda, IReadOnlyDictionary<string, double[]> vectors)
    {
        var (factor, vector) = (Left.Number(lambda), Right.Vector(lambda, vectors));
        for (var i = 0; i < vector.Length; i++)
            vector[i] = 1 + factor * (vector[i] - 1);
        return vector;
    }
}
