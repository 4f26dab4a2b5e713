using System;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GitLabAgents.FakeGitLab;

/// <summary>Sets up the web server: silent, and without the host's usual handling of Ctrl+C.</summary>
internal static class Kestrel
{
    public static async Task<(WebApplication Application, string Address)> StartAsync(
        FakeGitLabOptions options,
        ConnectionList connections,
        RequestDelegate handle,
        CancellationToken ct)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost
            .UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel => Configure(kestrel, options, connections));
        WebApplication application = builder.Build();
        application.Run(handle);
        try
        {
            await application.StartAsync(ct);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        return (application, application.Urls.First().TrimEnd('/'));
    }

    private static void Configure(KestrelServerOptions kestrel, FakeGitLabOptions options, ConnectionList connections)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        foreach (string url in options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var address = new Uri(url
                .Replace("//*", "//0.0.0.0", StringComparison.Ordinal)
                .Replace("//+", "//0.0.0.0", StringComparison.Ordinal));
            bool https = options.Certificate is not null;
            if (!https && address.Scheme == Uri.UriSchemeHttps)
            {
                throw new InvalidOperationException("HTTPS needs FakeGitLabOptions.Certificate.");
            }

            kestrel.Listen(Address(address), address.Port, listen =>
            {
                listen.Protocols = https ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
                listen.Use(connections.Track);
                if (https)
                {
                    listen.UseHttps(Https(options));
                }
            });
        }
    }

    private static IPAddress Address(Uri address) => address.HostNameType == UriHostNameType.Dns
        ? IPAddress.Loopback
        : IPAddress.Parse(address.DnsSafeHost);

    private static HttpsConnectionAdapterOptions Https(FakeGitLabOptions options) => new()
    {
        ServerCertificate = options.Certificate,
        ClientCertificateMode = options.RequireClientCertificate
            ? ClientCertificateMode.RequireCertificate
            : ClientCertificateMode.NoCertificate,
        ClientCertificateValidation = static (_, _, _) => true,
    };

    /// <summary>Leaves signals to the process that the server lives in.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
