using System;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>Which access tokens may use a route.</summary>
internal enum Access
{
    /// <summary>The scope <c>api</c>, or <c>read_api</c> for reads.</summary>
    Api,

    /// <summary>As <see cref="Api" />, and <c>read_user</c> too.</summary>
    ReadUser,

    /// <summary>Any scope.</summary>
    AnyScope,

    /// <summary>GraphQL: <c>read_api</c> is enough for its POST, and anonymous requests are allowed.</summary>
    GraphQL,
}

/// <summary>A method and a path, and their handler.</summary>
internal sealed class Route(string method, string path, Func<RequestContext, ApiResponse> handle)
{
    public string Method { get; } = method;

    public string[] Segments { get; } = path.Split('/');

    public Func<RequestContext, ApiResponse> Handle { get; } = handle;

    public Access Access { get; init; }

    /// <summary>The permission that a fine-grained token needs.</summary>
    public string? Permission { get; init; }

    /// <summary>Whether a server has the route; null: each has.</summary>
    public Func<FakeGitLabOptions, bool>? Exists { get; init; }

    public int IndexOf(string segment) => Array.IndexOf(Segments, segment);

    public bool Matches(IncomingRequest request, ReadOnlySpan<string> segments)
    {
        bool isMethod = Method == request.Method || (Method == "GET" && request.Method == "HEAD");
        if (!isMethod || segments.Length != Segments.Length)
        {
            return false;
        }

        for (int index = 0; index < segments.Length; index++)
        {
            bool matches = Segments[index][0] == ':'
                ? segments[index].Length > 0
                : Segments[index] == segments[index];
            if (!matches)
            {
                return false;
            }
        }

        return true;
    }
}
