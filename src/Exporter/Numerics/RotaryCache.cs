using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// cos and sin of position · frequency, [positions, width / 2], where frequency i = 1 / (factor · theta^(2i / width)). Angles are
/// computed in double precision. Paper: RoFormer, arXiv 2104.09864; linear scaling: arXiv 2306.15595.
/// </summary>
/// <param name="Factor">Linear position interpolation; 1 is none.</param>
/// <param name="Llama3">Applied to every frequency.</param>
internal sealed record RotaryCache(int Positions, int Width, double Theta, double Factor, Llama3Scaling? Llama3 = null)
{
    /// <summary>Half of the width, or more: those behind it do not rotate.</summary>
    public int Columns { get; init; } = Width / 2;

    /// <summary>One row per position.</summary>
    public TensorSource Cos => Source(Math.Cos);

    public TensorSource Sin => Source(Math.Sin);

    public double Frequency(int i)
    {
        if (i >= Width / 2)
            return 0;
        var frequency = 1 / (Factor * Math.Pow(Theta, 2.0 * i / Width));
        return Llama3?.Scale(frequency) ?? frequency;
    }

    private TensorSource Source(Func<double, double> function)
    {
        var frequencies = Enumerable.Range(0, Columns).Select(Frequency).ToArray();
        return new TensorSource(Positions, frequencies.Length * sizeof(float), (firstRow, rows, destination) =>
        {
            var values = MemoryMarshal.Cast<byte, float>(destination);
            for (var row = 0; row < rows; row++)
            {
                for (var i = 0; i < frequencies.Length; i++)
                    values[row * frequencies.Length + i] = (float)function((firstRow + row) * frequencies[i]);
            }
        });
    }
}
