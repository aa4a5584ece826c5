
namespace XlLoraOnnx.Exporter.Tests;

/// <summary>A random weight [48, 128] and what the reference tools make of it.</summary>
internal static class QuantizationReference
{
    public const int Rows = 48;
    public const int Columns = 128;

    public static float[] Weight() => Floats("weight", "weight");

    public static float[] Floats(string file, string tensor)
    {
        using var reference = Open(file);
        return reference.ReadFloat32(tensor);
    }

    public static byte[] Bytes(string file, string tensor)
    {
        using var reference = Open(file);
        var found = reference.Tensors[tensor];
        var bytes = new byte[found.Bytes];
        reference.ReadBytes(found, 0, bytes);
        return bytes;
    }

    private static SafetensorsFile Open(string file) =>
        SafetensorsFile.Open(Repository.Data("refs", "quantization", file + ".safetensors"));
}
