using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

/// <summary>Passes connections on to a port of this machine, and breaks them when it is told to.</summary>
internal sealed class BreakingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, TcpClient> _open = [];
    private readonly int _target;
    private readonly Task _accepting;

    public BreakingProxy(int target)
    {
        _target = target;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public int Broken { get; private set; }

    /// <summary>With a reset, as a router does that has forgotten them.</summary>
    public void BreakAll()
    {
        foreach (var (client, server) in _open)
        {
            if (!_open.TryRemove(client, out _))
                continue;
            Broken++;
            foreach (var end in (TcpClient[])[client, server])
            {
                end.LingerState = new LingerOption(true, 0);
                end.Dispose();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        BreakAll();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                var server = new TcpClient();
                try
                {
                    await server.ConnectAsync(IPAddress.Loopback, _target);
                }
                catch (SocketException)
                {
                    client.Dispose();
                    continue;
                }
                _open.TryAdd(client, server);
                _ = PassAsync(client.GetStream(), server.GetStream());
                _ = PassAsync(server.GetStream(), client.GetStream());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the listener was stopped
        }
    }

    private static async Task PassAsync(NetworkStream from, NetworkStream to)
    {
        try
        {
            await from.CopyToAsync(to);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // broken, as was asked for, or closed by an end
        }
    }
}
