namespace GitLabAgents.FakeGitLab;

/// <summary>Whether the server knows URL configurations (receptive agents).</summary>
public enum ReceptiveAgents
{
    /// <summary>Available.</summary>
    On,

    /// <summary>Known but switched off: <c>404 Not Found</c> as a message.</summary>
    Off,

    /// <summary>Not there at all: no such route.</summary>
    Absent,
}

/// <summary>Whether GraphQL can be reached.</summary>
public enum GraphQLAvailability
{
    /// <summary>Available.</summary>
    On,

    /// <summary>No such route: 404 as JSON.</summary>
    Off,

    /// <summary>A proxy responds with a page of HTML and status 200.</summary>
    Html,

    /// <summary>A proxy responds with a page of HTML and status 404.</summary>
    HtmlNotFound,

    /// <summary>A proxy responds with a page of HTML and status 403.</summary>
    Forbidden,
}

/// <summary>The form of certificates in the API.</summary>
public enum CertificateEncoding
{
    /// <summary>Plain PEM; base64 is rejected (18.x).</summary>
    Pem,

    /// <summary>Base64 of PEM on one line; plain PEM is rejected (17.x).</summary>
    Strict,

    /// <summary>Base64 as with <see cref="Strict" />, in responses broken after 76 columns.</summary>
    LineBreaks,
}

/// <summary>Whether the server is down for maintenance.</summary>
public enum MaintenanceMode
{
    /// <summary>It works.</summary>
    Off,

    /// <summary>A read-only instance: changes are 403.</summary>
    ReadOnly,

    /// <summary>Maintenance mode: changes are 503.</summary>
    Maintenance,

    /// <summary>Down for an upgrade: everything is 503.</summary>
    Down,
}
