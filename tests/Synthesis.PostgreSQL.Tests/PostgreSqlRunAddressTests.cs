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
    [DataRow("postgres://u:secret@h:0/d?name=a", "PORT is from 1 to 65535 (5432 where it is left out)")]
    [DataRow("postgres://u:secret@h:65536/d?name=a", "PORT is from 1 to 65535")]
    [DataRow("postgres://u:secret@h/d?name=a&name=b", "has the parameter name more than once")]
    [DataRow("postgres://u:secret@h/d?name=a&sslmode=allow&sslmode=require", "has the parameter sslmode more than once")]
    [DataRow("postgres://u:secret@h/d?name=a&sslmode=maybe",
        "'maybe' is no value of sslmode: there are: disable, allow, prefer, require, verify-ca, verify-full.")]
    [DataRow("postgres://u:secret@h/d?name=a&sslmode=3", "'3' is no value of sslmode: there are: disable")]
    [DataRow("postgres://u:secret@h/d?name=a&sslmode=", "'' is no value of sslmode: there are: disable")]
    [DataRow("postgres://u:secret@h/d?name=a&connect_timeout=soon",
        "'soon' is no value of connect_timeout: it is in seconds, 0 (no end) to 1024")]
    [DataRow("postgres://u:secret@h/d?name=a&connect_timeout=-1", "'-1' is no value of connect_timeout")]
    [DataRow("postgres://u:secret@h/d?name=a&connect_timeout=1025", "'1025' is no value of connect_timeout")]
    [DataRow("postgres://u:secret@h/d?name=a&sslrootcert=nowhere.crt", "'nowhere.crt' is no value of sslrootcert: there is no such file")]
    public void Parse_SomethingElse_SaysWhatIsWrongAndNoPassword(string text, string expected)
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => PostgreSqlRunAddress.Parse(text));

        StringAssert.Contains(e.Message, expected);
        Assert.DoesNotContain("secret", e.ToString());
    }

    [TestMethod]
    [DataRow("disable", Npgsql.SslMode.Disable)]
    [DataRow("allow", Npgsql.SslMode.Allow)]
    [DataRow("prefer", Npgsql.SslMode.Prefer)]
    [DataRow("require", Npgsql.SslMode.Require)]
    [DataRow("verify-ca", Npgsql.SslMode.VerifyCA)]
    [DataRow("verify-full", Npgsql.SslMode.VerifyFull)]
    [DataRow("VerifyFull", Npgsql.SslMode.VerifyFull)]
    public void Parse_EachSslModeThatAMessageNames_IsTaken(string mode, Npgsql.SslMode expected) => Assert.AreEqual(
        expected, PostgreSqlRunAddress.Parse($"postgres://h/d?name=a&connect_timeout=1024&sslmode={mode}").Connection.SslMode);
}
