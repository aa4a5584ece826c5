using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class PublicApiTests
{
    [TestMethod]
    public void PublicApi_OfTheRuntime_IsApproved() => Approval.Verify("PublicApi", PublicApi.Describe(typeof(XlLoraModel).Assembly));
}
