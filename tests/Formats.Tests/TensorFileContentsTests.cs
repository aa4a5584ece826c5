using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace XlLoraOnnx.Formats.Tests;

[TestClass]
public sealed class TensorFileContentsTests
{
    private const int MoreThanATile = (1 << 18) + 3;

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    [DataRow(float.NegativeInfinity)]
    public void FirstNonFinite_ValueThatIsNotFinite_IsFound(float value)
    {
        using var folder = new TemporaryFolder();
        new SafetensorsBuilder().Add("w", "F32", [3], MemoryMarshal.AsBytes([1f, value, 2f])).AddFloats("ok", 3).Save(folder.File("a"));
        using var file = SafetensorsFile.Open(folder.File("a"));

        Assert.AreEqual(1, file.FirstNonFinite(file.Tensors["w"]));
        Assert.IsNull(file.FirstNonFinite(file.Tensors["ok"]));
    }

    [TestMethod]
    public void FirstNonFinite_InTheSecondTile_IsFoundAtItsPlace()
    {
        using var folder = new TemporaryFolder();
        var values = new Half[MoreThanATile];
        values[^2] = Half.NaN;
        new SafetensorsBuilder().Add("w", "F16", [values.Length], MemoryMarshal.AsBytes(values.AsSpan())).Save(folder.File("a"));
        using var file = SafetensorsFile.Open(folder.File("a"));

        Assert.AreEqual(values.Length - 2, file.FirstNonFinite(file.Tensors["w"]));
    }

    [TestMethod]
    public void Sha256_OfATensorLongerThanATile_IsThatOfItsBytes()
    {
        using var folder = new TemporaryFolder();
        var values = Enumerable.Range(0, MoreThanATile).Select(i => (float)i).ToArray();
        var bytes = MemoryMarshal.AsBytes(values.AsSpan());
        new SafetensorsBuilder().AddFloats("before", 5).Add("w", "F32", [values.Length], bytes).Save(folder.File("a"));
        using var file = SafetensorsFile.Open(folder.File("a"));

        CollectionAssert.AreEqual(SHA256.HashData(bytes), file.Sha256(file.Tensors["w"]));
    }
}
