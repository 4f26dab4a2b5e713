using System;

namespace GitLabAgents;

/// <summary>What the rotation needs of the client's types.</summary>
internal static class ClientExtensions
{
    extension(GitLabApiException exception)
    {
        /// <summary>Gets a value indicating whether a retry may succeed.</summary>
        public bool IsTransient => exception.Kind is GitLabErrorKind.RateLimited or GitLabErrorKind.ServerError
            or GitLabErrorKind.InvalidResponse or GitLabErrorKind.ConnectionFailed or GitLabErrorKind.Timeout
            or GitLabErrorKind.Conflict;
    }

    extension(GitLabSession session)
    {
        /// <summary>Gets the time on the server's clock.</summary>
        public DateTimeOffset GetServerTime() => session.Clock.GetUtcNow();
    }
}
