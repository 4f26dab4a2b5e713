using System;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading.Tasks;

namespace GitLabAgents.FakeGitLab;

/// <summary>The fake GitLab as a program.</summary>
internal static class Program
{
    private const string Usage = """
        GitLabAgents.FakeGitLab [--urls http://127.0.0.1:0] [--prefix /gitlab] [--latency MILLISECONDS]
          [--token glpat-demo] [--empty] [--fleet AGENTS] [--secret-seed NUMBER] [--no-recording] [--parent-stdin]
          [--https] [--certificate-out FILE.pem] [--require-client-certificate]
        """;

    private static async Task<int> Main(string[] arguments)
    {
        CommandLine line;
        try
        {
            line = CommandLine.Parse(arguments);
        }
        catch (FormatException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message + Environment.NewLine + Usage);
            return 2;
        }

        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        await using FakeGitLabServer server = await FakeGitLabServer.StartAsync(line.Options);
        if (line.CertificateOut is { } file)
        {
            await File.WriteAllTextAsync(file, line.Options.Certificate!.ExportCertificatePem());
        }

        Welcome(server);
        if (line.ParentStdin)
        {
            _ = Task.Run(() =>
            {
                while (Console.In.ReadLine() is not null)
                {
                }

                ended.TrySetResult();
            });
        }

        await ended.Task;
        return 0;

        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            ended.TrySetResult();
        }
    }

    private static void Welcome(FakeGitLabServer server)
    {
        Console.WriteLine("Listening on " + server.Url.AbsoluteUri.TrimEnd('/'));
        Console.WriteLine();
        Console.WriteLine("Access tokens");
        foreach (AccessToken access in server.State.AccessTokens)
        {
            string expiry = access.ExpiresAt is { } day ? $", expires {day:yyyy-MM-dd}" : string.Empty;
            string scopes = string.Join(' ', access.Scopes);
            Console.WriteLine($"  {access.Value,-18} {access.Type}, {scopes}, {access.DefaultRole}{expiry}");
        }

        Console.WriteLine("Projects");
        foreach (Project project in server.State.Projects)
        {
            Console.WriteLine($"  {project.Id,-5} {project.Path} ({server.State.AgentsOf(project).Count} agents)");
        }

        string url = server.Url.AbsoluteUri.TrimEnd('/');
        string token = server.State.AccessTokens[0].Value;
        string consent = server.Url.Scheme == Uri.UriSchemeHttps
            ? "-SkipCertificateCheck"
            : "-AllowUnencryptedAuthentication";
        Console.WriteLine($"""
            From PowerShell
              $env:GITLAB_TOKEN = '{token}'
              Connect-GitLab {url} {consent}
            or, with the address in the environment too
              $env:GITLAB_HOST = '{url}'
              Connect-GitLab {consent}
            """);
        Console.Out.Flush();
    }

    /// <summary>What the command line asks for.</summary>
    private sealed record CommandLine(FakeGitLabOptions Options, bool ParentStdin, string? CertificateOut)
    {
        public static CommandLine Parse(string[] arguments)
        {
            var options = new FakeGitLabOptions();
            bool parentStdin = false;
            bool empty = false;
            int fleet = 0;
            string? token = null;
            string? certificateOut = null;
            for (int index = 0; index < arguments.Length; index++)
            {
                string Value() => ++index < arguments.Length
                    ? arguments[index]
                    : throw new FormatException($"{arguments[^1]} needs a value.");
                int Number() => int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    ? number
                    : throw new FormatException($"{arguments[index - 1]} needs a number.");
                switch (arguments[index])
                {
                    case "--urls":
                        options.Urls = Value();
                        break;
                    case "--prefix":
                        options.Prefix = Value();
                        break;
                    case "--latency":
                        options.Latency = TimeSpan.FromMilliseconds(Number());
                        break;
                    case "--token":
                        token = Value();
                        break;
                    case "--empty":
                        empty = true;
                        break;
                    case "--fleet":
                        fleet = Number();
                        break;
                    case "--secret-seed":
                        options.SecretSeed = Number();
                        break;
                    case "--no-recording":
                        options.RecordRequests = false;
                        break;
                    case "--parent-stdin":
                        parentStdin = true;
                        break;
                    case "--https":
                        options.Certificate ??= Certificates.CreateSelfSigned();
                        break;
                    case "--certificate-out":
                        options.Certificate ??= Certificates.CreateSelfSigned();
                        certificateOut = Value();
                        break;
                    case "--require-client-certificate":
                        options.RequireClientCertificate = true;
                        break;
                    default:
                        throw new FormatException($"Unknown argument '{arguments[index]}'.");
                }
            }

            options.Populate = Populate(empty, token, fleet);
            return new CommandLine(options, parentStdin, certificateOut);
        }

        private static Action<State> Populate(bool empty, string? token, int fleet) => state =>
        {
            if (!empty)
            {
                Seed.Demo(state);
            }

            if (token is not null || empty)
            {
                state.AddAccessToken(token ?? "glpat-maintainer");
            }

            if (fleet > 0)
            {
                state.AddFleet(new Fleet { Agents = fleet, Projects = Math.Max(1, fleet / 2) });
            }
        };
    }
}
