using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// The table of sinusoidal positions that M2M100 computes and stores nowhere, [rows, width]: sin(p · f) of all frequencies, then cos(p ·
/// f), f i = 10000^(−i / (width / 2 − 1)); the row of padding is zero. In float32, step by step as transformers does it
/// (M2M100SinusoidalPositionalEmbedding, models/m2m_100/modeling_m2m_100.py). Paper: arXiv 1706.03762.
/// </summary>
/// <param name="Padding">Its row.</param>
internal sealed record SinusoidalPositions(int Rows, int Width, int Padding)
{
    public TensorSource Source
    {
        get
        {
            var half = Width / 2;
            var decay = -(float)(Math.Log(10000) / Math.Max(half - 1, 1));
            var frequencies = Enumerable.Range(0, half).Select(i => MathF.Exp(i * decay)).ToArray();
            return new TensorSource(Rows, Width * sizeof(float), (firstRow, rows, destination) =>
            {
                var values = MemoryMarshal.Cast<byte, float>(destination);
                for (var row = 0; row < rows; row++)
                    Fill((int)firstRow + row, frequencies, values.Slice(row * Width, Width));
            });
        }
    }

    private void Fill(int position, float[] frequencies, Span<float> row)
    {
        row.Clear();
        if (position == Padding)
            return;
        for (var i = 0; i < frequencies.Length; i++)
        {
            var angle = position * frequencies[i];
            row[i] = (float)Math.Sin(angle);
            row[frequencies.Length + i] = (float)Math.Cos(angle);
        }
    }
}
