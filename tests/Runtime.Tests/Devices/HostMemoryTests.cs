namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class HostMemoryTests
{
    [TestMethod]
    public unsafe void Discard_PiecesOfSparseMemory_GivesWholePagesBackAndLeavesTheRest()
    {
        using var memory = new HostMemory();
        if (!memory.IsSparse)
            Assert.Inconclusive("Only Linux takes memory back in pieces.");
        var page = Environment.SystemPageSize;
        var bytes = 8L * page;
        var address = memory.AllocateSparse(bytes);
        try
        {
            var content = new Span<byte>((void*)address, (int)bytes);
            Assert.IsFalse(content.ContainsAnyExcept((byte)0), "zeroed");
            content.Fill(7);

            // from within a page into another: three lie wholly between
            memory.Discard(address + page + 1, 4 * page);
            memory.Discard(address + (6 * page) + 5, page);

            Assert.IsFalse(content[..(2 * page)].ContainsAnyExcept((byte)7));
            Assert.IsFalse(content[(2 * page)..(5 * page)].ContainsAnyExcept((byte)0));
            Assert.IsFalse(content[(5 * page)..].ContainsAnyExcept((byte)7));
        }
        finally
        {
            memory.FreeSparse(address, bytes);
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
