using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// cos and sin of position · frequency, [positions, width / 2], where frequency i = 1 / (factor · theta^(2i / width)). Angles are computed
/// in double precision. Paper: RoFormer, arXiv 2104.09864; linear scaling: arXiv 2306.15595.
/// </summary>
/// <param name="Factor">Linear position interpolation; 1 is none.</param>
internal sealed record RotaryCache(int Positions, int Width, double Theta, double Factor)
{
    public void WriteCos(Stream destination, CancellationToken cancellationToken) => Write(destination, Math.Cos, cancellationToken);

    public void WriteSin(Stream destination, CancellationToken cancellationToken) => Write(destination, Math.Sin, cancellationToken);

    public double Frequency(int i) => 1 / (Factor * Math.Pow(Theta, 2.0 * i / Width));

    private void Write(Stream destination, Func<double, double> function, CancellationToken cancellationToken)
    {
        var frequencies = Enumerable.Range(0, Width / 2).Select(Frequency).ToArray();
        var row = new float[frequencies.Length];
        for (var position = 0; position < Positions; position++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var i = 0; i < row.Length; i++)
                row[i] = (float)function(position * frequencies[i]);
            destination.Write(MemoryMarshal.AsBytes(row.AsSpan()));
        }
    }
}
