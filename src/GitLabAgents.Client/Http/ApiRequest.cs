using System;
using System.Linq;
using System.Net.Http;

namespace GitLabAgents;

/// <summary>A request to GitLab's API: what to send, and what to say about it if it fails.</summary>
internal sealed class ApiRequest
{
    private const string GraphQLPath = "../graphql";

    /// <summary>Initializes a new instance of the <see cref="ApiRequest"/> class.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">
    /// The path below <c>/api/v4/</c>, encoded, with its query; <c>../graphql</c> is outside of it.
    /// </param>
    /// <param name="action">What the request does, to follow "Cannot".</param>
    /// <param name="notFound">The kind of a 404: the last resource that the path names is missing.</param>
    public ApiRequest(HttpMethod method, string path, string action, GitLabErrorKind notFound)
    {
        Method = method;
        Path = path;
        Action = action;
        NotFoundKind = notFound;
        IsSafe = method == HttpMethod.Get;
        string[] segments = path.Split('?')[0].Split('/');
        IsAboutGroup = segments.Length > 1 && string.Equals(segments[0], "groups", StringComparison.Ordinal);
        if (segments.Length > 1 && string.Equals(segments[0], "projects", StringComparison.Ordinal))
        {
            Project = Uri.UnescapeDataString(segments[1]);
            ProjectPath = "projects/" + segments[1];
            AgentPath = segments.Length > 3 ? $"{ProjectPath}/{segments[2]}/{segments[3]}" : null;
            IsProjectNamedByPath = segments[1].Any(static c => c is < '0' or > '9');
            RequiredRole = "Developer";
        }
    }

    public HttpMethod Method { get; }

    /// <summary>Gets the path below <c>/api/v4/</c>, encoded, with its query.</summary>
    public string Path { get; }

    /// <summary>Gets what the request does, to follow "Cannot".</summary>
    public string Action { get; }

    /// <summary>Gets the kind of a 404: the last resource that the path names is missing.</summary>
    public GitLabErrorKind NotFoundKind { get; }

    /// <summary>
    /// Gets the project's ID or path, or <see langword="null"/> if the request is not about a project.
    /// </summary>
    public string? Project { get; }

    /// <summary>
    /// Gets the path of the project's own resource, or <see langword="null"/> if the request is not about a project.
    /// </summary>
    public string? ProjectPath { get; }

    /// <summary>
    /// Gets the path of the agent's own resource, or <see langword="null"/> if the request does not name an agent.
    /// </summary>
    public string? AgentPath { get; }

    /// <summary>
    /// Gets a value indicating whether the project is named by its path, which changes when it is moved.
    /// </summary>
    public bool IsProjectNamedByPath { get; }

    /// <summary>Gets a value indicating whether the path names a group.</summary>
    public bool IsAboutGroup { get; }

    /// <summary>Gets a value indicating whether the request goes to GraphQL.</summary>
    public bool IsGraphQL => string.Equals(Path, GraphQLPath, StringComparison.Ordinal);

    /// <summary>
    /// Gets or sets the role in the project that the request needs, or <see langword="null"/> if it needs none.
    /// </summary>
    public string? RequiredRole { get; set; }

    /// <summary>Gets or sets what to look for, and with which command, if the outcome is unknown.</summary>
    public string RecoveryHint { get; set; } = string.Empty;

    /// <summary>
    /// Gets or sets the JSON to send, or <see langword="null"/>. It is cleared once the request was sent.
    /// </summary>
    public byte[]? Body { get; set; }

    /// <summary>
    /// Gets or sets what removes the secrets of <see cref="Body"/> from a text, in case the server echoes them.
    /// </summary>
    public Func<string, string> Redact { get; set; } = static text => text;

    /// <summary>
    /// Gets or sets a value indicating whether the request only reads: a GET, or a query that is sent by POST.
    /// </summary>
    public bool IsSafe { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether to find out which of the path's resources a 404 is about.
    /// </summary>
    public bool ResolvesNotFound { get; set; } = true;
}
