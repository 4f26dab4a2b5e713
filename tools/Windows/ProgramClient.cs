using System;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;

namespace GitLabAgents.Windows;

/// <summary>
/// Stands in for a program such as <c>git</c> under wine: has <see cref="ProgramServer"/> run it, and passes on what it
/// reads and writes. The name of this process's file is that of the program.
/// </summary>
internal static class ProgramClient
{
    /// <summary>The environment variable with the port of the server.</summary>
    public const string PortVariable = "GITLABAGENTS_PROGRAM_PORT";

    /// <summary>Runs the program to its end.</summary>
    /// <param name="args">The arguments of the program.</param>
    /// <returns>The exit code of the program.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        string port = Environment.GetEnvironmentVariable(PortVariable)
            ?? throw new InvalidOperationException($"{PortVariable} is not set.");
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture));
        NetworkStream stream = connection.GetStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Path.GetFileNameWithoutExtension(Environment.ProcessPath)!);
            writer.Write(Environment.CurrentDirectory);
            writer.Write(args.Length);
            Array.ForEach(args, writer.Write);
        }

        _ = Task.Run(() => SendInputAsync(connection.Client));
        return ReceiveOutput(stream);
    }

    private static async Task SendInputAsync(Socket socket)
    {
        using Stream input = Console.OpenStandardInput();
        byte[] buffer = new byte[4096];
        for (int count; (count = await input.ReadAsync(buffer)) > 0;)
        {
            await socket.SendAsync(buffer.AsMemory(0, count));
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static int ReceiveOutput(Stream stream)
    {
        using Stream output = Console.OpenStandardOutput();
        using Stream error = Console.OpenStandardError();
        using var reader = new BinaryReader(stream);
        while (true)
        {
            var kind = (Frame)reader.ReadByte();
            int value = reader.ReadInt32();
            if (kind == Frame.Exit)
            {
                return value;
            }

            Stream target = kind == Frame.Output ? output : error;
            target.Write(reader.ReadBytes(value));
            target.Flush();
        }
    }
}
