using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class PublicApiTests
{
    [TestMethod]
    public void PublicApi_OfTheExporter_IsApproved() => Approval.Verify("PublicApi", PublicApi.Describe(typeof(ModelExporter).Assembly));
}
