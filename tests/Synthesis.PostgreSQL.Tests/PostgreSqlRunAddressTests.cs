namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

[TestClass]
public sealed class PostgreSqlRunAddressTests
{
    [TestMethod]
    public void Parse_AnAddress_HasItsPartsAndShowsNoPassword()
    {
        var address = PostgreSqlRunAddress.Parse("postgresql://ada:s%40cret@db.example:6543/my%20runs?name=hausa%202&sslmode=verify-full");

        Assert.AreEqual("hausa 2", address.Name);
        var connection = address.Connection;
        Assert.AreEqual(("db.example", 6543, "my runs", "ada", "s@cret"),
            (connection.Host, connection.Port, connection.Database, connection.Username, connection.Password));
        Assert.AreEqual(Npgsql.SslMode.VerifyFull, connection.SslMode);
        Assert.AreEqual("postgres://ada@db.example:6543/my%20runs?name=hausa%202", address.ToString());
    }

    [TestMethod]
    [DataRow("postgres://u:secret@h/d", "?name=RUN")]
    [DataRow("postgres://u:secret@h?name=a", "postgres://USER@HOST")]
    [DataRow("http://u:secret@h/d?name=a", "postgres://USER@HOST")]
    [DataRow("postgres://u:secret@h/d?name=a&colour=red", "'colour'; there are: name, sslmode")]
    [DataRow("postgres://u:secret@h/d?name=a&sslmode=maybe", "'maybe' is no value of sslmode")]
    public void Parse_SomethingElse_SaysWhatIsWrongAndNoPassword(string text, string expected)
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => PostgreSqlRunAddress.Parse(text));

        StringAssert.Contains(e.Message, expected);
        Assert.DoesNotContain("secret", e.ToString());
    }
}
