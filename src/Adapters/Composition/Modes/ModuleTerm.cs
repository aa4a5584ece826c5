namespace XlLoraOnnx.Adapters;

/// <summary>What one part contributes to a module: Factor · Scale · B A.</summary>
/// <param name="Part">Its name.</param>
/// <param name="Factor">Of the recipe.</param>
/// <param name="A">[rank, in]</param>
/// <param name="B">Transposed: [rank, out], so that a column of B lies in one piece.</param>
internal sealed record ModuleTerm(string Part, double Factor, double Scale, int Rank, double[] A, double[] B)
{
    public static ModuleTerm Read(CompositionPart part, PartModule module, double factor) => new(
        part.Name, factor, module.Scale, module.Rank, part.ReadDoubles(module.A),
        Transposed(part.ReadDoubles(module.B), module.Out, module.Rank));

    /// <summary>[rows, columns] to [columns, rows].</summary>
    public static double[] Transposed(double[] values, int rows, int columns)
    {
        var result = new double[values.Length];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
                result[column * rows + row] = values[row * columns + column];
        }
        return result;
    }
}

/// <summary>The factors of a composed module.</summary>
/// <param name="A">[rank, in]</param>
/// <param name="B">Transposed: [rank, out].</param>
/// <param name="Scale">That the configuration of the result gives this module.</param>
/// <param name="EnergyLost">Of mode svd.</param>
internal sealed record ComposedFactors(int Rank, double[] A, double[] B, double Scale, double? EnergyLost = null);
