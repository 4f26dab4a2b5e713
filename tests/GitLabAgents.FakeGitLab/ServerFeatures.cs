using System;
using System.Globalization;

namespace GitLabAgents.FakeGitLab;

/// <summary>What a GitLab of a version and edition knows.</summary>
internal sealed record ServerFeatures
{
    /// <summary>GraphQL has <c>maxAccessLevel</c> and <c>projects(includeArchived:)</c>.</summary>
    public bool AccessLevels { get; private init; }

    /// <summary>Receptive agents; in GraphQL <c>isReceptive</c> and <c>urlConfigurations</c>.</summary>
    public bool Receptive { get; private init; }

    /// <summary>GraphQL has <c>group.clusterAgents</c>.</summary>
    public bool GroupAgents { get; private init; }

    /// <summary>GraphQL has <c>warnings</c> of connections.</summary>
    public bool Warnings { get; private init; }

    /// <summary>GraphQL has <c>connections</c> of agents.</summary>
    public bool Connections { get; private init; }

    /// <summary>GraphQL has <c>archived</c> and <c>userPermissions</c> of projects.</summary>
    public bool ProjectPermissions { get; private init; }

    /// <summary>New tokens are "routable": 60 characters with dots.</summary>
    public bool RoutableTokens { get; private init; }

    /// <summary><c>POST /admin/token</c>.</summary>
    public bool TokenLookup { get; private init; }

    /// <summary><c>DELETE /admin/token</c>.</summary>
    public bool TokenRevocation { get; private init; }

    /// <summary>Environments have an agent.</summary>
    public bool EnvironmentAgents { get; private init; }

    public CertificateEncoding Certificates { get; private init; }

    public static ServerFeatures Of(FakeGitLabOptions options)
    {
        Version version = Parse(options.Version);
        bool Since(int major, int minor, int patch = 0) => version >= new Version(major, minor, patch);
        return new ServerFeatures
        {
            AccessLevels = Since(16, 9),
            Receptive = Since(17, 4) && options.IsEnterprise,
            GroupAgents = Since(17, 10, 4) || (Since(15, 2) && options.IsEnterprise),
            Warnings = Since(17, 9),
            Connections = !options.OldServer,
            ProjectPermissions = options.HasProjectPermissions,
            RoutableTokens = Since(18, 5),
            TokenLookup = Since(17, 7),
            TokenRevocation = Since(17, 9),
            EnvironmentAgents = Since(17, 4),
            Certificates = options.CertificateEncoding
                ?? (Since(18, 0) ? CertificateEncoding.Pem : CertificateEncoding.Strict),
        };
    }

    /// <summary>Reads <c>18.9.0-ee</c> or <c>18.9</c>; anything else counts as the newest version.</summary>
    private static Version Parse(string text)
    {
        string[] parts = text.Split('-')[0].Split('.');
        int Part(int index) => index < parts.Length ? int.Parse(parts[index], CultureInfo.InvariantCulture) : 0;
        try
        {
            return new Version(Part(0), Part(1), Part(2));
        }
        catch (FormatException)
        {
            return new Version(99, 0, 0);
        }
    }
}
