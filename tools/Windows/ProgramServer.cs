using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

namespace GitLabAgents.Windows;

/// <summary>
/// Runs programs for processes under wine on the machine itself. There the fake GitLab starts in less than a second and
/// has the cryptography that wine lacks, and git and OpenSSL need no version for Windows.
/// </summary>
internal static class ProgramServer
{
    /// <summary>Writes the port to standard output, and serves until standard input closes.</summary>
    /// <param name="systemDrive">The folder that is <c>C:</c> under wine.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string systemDrive)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await Console.Out.WriteLineAsync(((IPEndPoint)listener.LocalEndpoint).Port.ToString());
        _ = AcceptAsync(listener, systemDrive);
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private static async Task AcceptAsync(TcpListener listener, string systemDrive)
    {
        while (true)
        {
            TcpClient connection = await listener.AcceptTcpClientAsync();
            _ = Task.Run(() => ServeAsync(connection, systemDrive));
        }
    }

    private static async Task ServeAsync(TcpClient connection, string systemDrive)
    {
        using TcpClient disposed = connection;
        NetworkStream stream = connection.GetStream();
        var start = new ProcessStartInfo
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using (var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true))
        {
            start.FileName = reader.ReadString();
            start.WorkingDirectory = ToUnix(reader.ReadString(), systemDrive);
            for (int count = reader.ReadInt32(); count > 0; count--)
            {
                start.ArgumentList.Add(ToUnix(reader.ReadString(), systemDrive));
            }
        }

        if (!File.Exists(Path.Combine(AppContext.BaseDirectory, start.FileName + ".exe")))
        {
            return; // The client fails, because it gets no exit code.
        }

        using Process process = Process.Start(start)!;
        _ = SendInputAsync(stream, process);
        using var writer = new BinaryWriter(stream);
        await Task.WhenAll(
            CopyAsync(process.StandardOutput.BaseStream, Frame.Output, writer),
            CopyAsync(process.StandardError.BaseStream, Frame.Error, writer));
        await process.WaitForExitAsync();
        writer.Write((byte)Frame.Exit);
        writer.Write(process.ExitCode);
    }

    // Also ends when the client is killed.
    private static async Task SendInputAsync(Stream stream, Process process)
    {
        Stream input = process.StandardInput.BaseStream;
        try
        {
            await stream.CopyToAsync(input);
        }
        catch (IOException)
        {
            // The process has ended, or the client has.
        }

        await input.DisposeAsync();
    }

    private static async Task CopyAsync(Stream source, Frame kind, BinaryWriter writer)
    {
        byte[] buffer = new byte[4096];
        for (int count; (count = await source.ReadAsync(buffer)) > 0;)
        {
            lock (writer)
            {
                writer.Write((byte)kind);
                writer.Write(count);
                writer.Write(buffer, 0, count);
            }
        }
    }

    private static string ToUnix(string argument, string systemDrive)
    {
        Match path = Regex.Match(argument, @"^(?<drive>[CZ]):[\\/]", RegexOptions.IgnoreCase);
        if (!path.Success)
        {
            return argument;
        }

        string root = path.Groups["drive"].Value is "Z" or "z" ? "/" : systemDrive + "/";
        return root + argument[path.Length..].Replace('\\', '/');
    }
}
