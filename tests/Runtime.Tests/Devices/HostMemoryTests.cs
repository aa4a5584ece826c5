namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class HostMemoryTests
{
    [TestMethod]
    public void Discard_PiecesOfSparseMemory_GivesWholePagesBackAndLeavesTheRest()
    {
        using var memory = new HostMemory();
        if (!memory.IsSparse)
            Assert.Inconclusive("Only Linux takes memory back in pieces.");
        var page = Environment.SystemPageSize;
        var content = new byte[8 * page];
        var address = memory.AllocateSparse(content.Length);
        try
        {
            memory.Download(address, content);
            Assert.IsFalse(content.AsSpan().ContainsAnyExcept((byte)0), "zeroed");
            Array.Fill(content, (byte)7);
            memory.Upload(content, address);

            // from within a page into another: three lie wholly between
            memory.Discard(address + page + 1, 4 * page);
            memory.Discard(address + (6 * page) + 5, page);

            memory.Download(address, content);
            Assert.IsFalse(content.AsSpan(0, 2 * page).ContainsAnyExcept((byte)7));
            Assert.IsFalse(content.AsSpan(2 * page, 3 * page).ContainsAnyExcept((byte)0));
            Assert.IsFalse(content.AsSpan(5 * page).ContainsAnyExcept((byte)7));
        }
        finally
        {
            memory.FreeSparse(address, content.Length);
        }
    }

    [TestMethod]
    public void AllocateSparse_MoreThanThereIs_SaysHowMuch()
    {
        using var memory = new HostMemory();

        var error = Assert.ThrowsExactly<DeviceMemoryException>(() => memory.AllocateSparse(1L << 60));

        StringAssert.Contains(error.Message, "no 1,152,921,504,606,846,976 bytes");
    }
}
