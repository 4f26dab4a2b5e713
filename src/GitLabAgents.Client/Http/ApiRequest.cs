using System.Net.Http;

namespace GitLabAgents;

/// <summary>One call of GitLab's API: what goes on the wire, and what to say of it should it fail.</summary>
internal sealed class ApiRequest(HttpMethod method, string path, string action, GitLabErrorKind notFound)
{
    public HttpMethod Method { get; } = method;

    /// <summary>Gets the path behind <c>/api/v4/</c>, encoded, with its query; <c>../graphql</c> is what lies beside.</summary>
    public string Path { get; } = path;

    /// <summary>Gets what the call does, to follow "Cannot".</summary>
    public string Action { get; } = action;

    /// <summary>Gets what a 404 means: that the last thing the path names is not there.</summary>
    public GitLabErrorKind NotFoundKind { get; } = notFound;

    /// <summary>Gets or sets the role in the project that the call needs.</summary>
    public string RequiredRole { get; set; } = "Developer";

    /// <summary>Gets or sets what to look for, and with which command, should the outcome not be known.</summary>
    public string RecoveryHint { get; set; } = string.Empty;

    /// <summary>Gets or sets the JSON to send, or <see langword="null"/>. It is wiped once the call is over.</summary>
    public byte[]? Body { get; set; }

    /// <summary>Gets or sets what takes the secrets of <see cref="Body"/> out of a text, should the server echo them.</summary>
    public System.Func<string, string> Redact { get; set; } = static text => text;

    /// <summary>Gets or sets a value indicating whether the call changes nothing: a GET, or a query that goes as a POST. It may be repeated, and leaves nothing half done.</summary>
    public bool IsSafe { get; set; } = method == HttpMethod.Get;
}
