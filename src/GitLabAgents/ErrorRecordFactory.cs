using System;
using System.Management.Automation;

namespace GitLabAgents;

/// <summary>The table from what went wrong to the error record. The id is the kind's name, and stable.</summary>
internal static class ErrorRecordFactory
{
    /// <summary>Makes the error record of a failure.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="target">What the user passed.</param>
    public static ErrorRecord Create(GitLabApiException exception, object? target)
    {
        var record = new ErrorRecord(exception, exception.Kind.ToString(), GetCategory(exception.Kind), target);
        if (exception.RecommendedAction.Length > 0)
        {
            // PowerShell shows the recommendation below the message, so it is not in both.
            record.ErrorDetails = new ErrorDetails(exception.Problem) { RecommendedAction = exception.RecommendedAction };
        }

        return record;
    }

    /// <summary>Makes the error record of a rotation that did not complete: GitLab's failure, or that of the user's own deploy.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="target">What the user passed.</param>
    public static ErrorRecord CreateForRotation(Exception exception, object? target)
        => exception is GitLabApiException failure
            ? Create(failure, target)
            : new ErrorRecord(exception, nameof(TokenRotationStatus.DeployFailed), ErrorCategory.OperationStopped, target);

    private static ErrorCategory GetCategory(GitLabErrorKind kind) => kind switch
    {
        GitLabErrorKind.NotConnected or GitLabErrorKind.ConnectionFailed => ErrorCategory.ConnectionError,
        GitLabErrorKind.ProjectNotFound or GitLabErrorKind.AgentNotFound or GitLabErrorKind.TokenNotFound
            or GitLabErrorKind.UrlConfigurationNotFound or GitLabErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        GitLabErrorKind.AuthenticationFailed => ErrorCategory.AuthenticationError,
        GitLabErrorKind.InsufficientScope or GitLabErrorKind.Forbidden => ErrorCategory.PermissionDenied,
        GitLabErrorKind.InvalidRequest => ErrorCategory.InvalidArgument,
        GitLabErrorKind.TokenLimitReached or GitLabErrorKind.RateLimited => ErrorCategory.LimitsExceeded,
        GitLabErrorKind.Conflict => ErrorCategory.ResourceExists,
        GitLabErrorKind.ServerError or GitLabErrorKind.InvalidResponse => ErrorCategory.InvalidResult,
        GitLabErrorKind.Timeout => ErrorCategory.OperationTimeout,
        GitLabErrorKind.OutcomeUnknown => ErrorCategory.ResourceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind without a category."),
    };
}
