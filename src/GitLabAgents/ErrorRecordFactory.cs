using System;
using System.Management.Automation;

namespace GitLabAgents;

/// <summary>Creates error records. The ID of a record is the name of its kind, and stable.</summary>
internal static class ErrorRecordFactory
{
    /// <summary>Creates the error record for an exception of the client.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="target">What the user passed.</param>
    public static ErrorRecord Create(GitLabApiException exception, object? target)
    {
        ErrorRecord record = Create(exception, exception.Kind.ToString(), GetCategory(exception.Kind), target);
        if (exception.RecommendedAction.Length > 0)
        {
            // PowerShell shows the recommendation below the message, so it is not in both.
            record.ErrorDetails = new ErrorDetails(exception.Problem)
            {
                RecommendedAction = exception.RecommendedAction,
            };
        }

        return record;
    }

    /// <summary>Creates the error record of a rotation that did not complete.</summary>
    /// <param name="result">The result of the rotation.</param>
    /// <param name="target">What the user passed.</param>
    public static ErrorRecord CreateForRotation(AgentTokenRotation result, object? target)
    {
        var failure = result.Error as GitLabApiException;
        bool hasOwnId = result.Status is TokenRotationStatus.DeployFailed or TokenRotationStatus.RevokeFailed;
        ErrorRecord record = Create(
            result.Error!,
            hasOwnId ? result.Status.ToString() : failure!.Kind.ToString(),
            failure is null ? ErrorCategory.OperationStopped : GetCategory(failure.Kind),
            target);

        // The text has the command that resumes the rotation too: scripts log no more than the text.
        string message = record.Exception.Message;
        record.ErrorDetails = new ErrorDetails(message) { RecommendedAction = result.RecommendedAction };
        return record;
    }

    private static ErrorRecord Create(Exception exception, string id, ErrorCategory category, object? target)
    {
        var record = new ErrorRecord(exception, id, category, target);

        // Windows PowerShell shows the name of the target, which can be one that other people chose.
        record.CategoryInfo.TargetName = DisplayText.Sanitize(record.CategoryInfo.TargetName);
        return record;
    }

    private static ErrorCategory GetCategory(GitLabErrorKind kind) => kind switch
    {
        GitLabErrorKind.NotConnected or GitLabErrorKind.ConnectionFailed => ErrorCategory.ConnectionError,
        GitLabErrorKind.ProjectNotFound or GitLabErrorKind.AgentNotFound or GitLabErrorKind.TokenNotFound
            or GitLabErrorKind.UrlConfigurationNotFound or GitLabErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        GitLabErrorKind.AuthenticationFailed => ErrorCategory.AuthenticationError,
        GitLabErrorKind.InsufficientScope or GitLabErrorKind.Forbidden => ErrorCategory.PermissionDenied,
        GitLabErrorKind.InvalidRequest => ErrorCategory.InvalidArgument,
        GitLabErrorKind.TokenLimitReached or GitLabErrorKind.RateLimited => ErrorCategory.LimitsExceeded,
        GitLabErrorKind.Conflict or GitLabErrorKind.FileExists => ErrorCategory.ResourceExists,
        GitLabErrorKind.ServerError or GitLabErrorKind.InvalidResponse => ErrorCategory.InvalidResult,
        GitLabErrorKind.Timeout => ErrorCategory.OperationTimeout,
        GitLabErrorKind.OutcomeUnknown => ErrorCategory.ResourceUnavailable,
        GitLabErrorKind.NotSupported => ErrorCategory.NotImplemented,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The kind has no category."),
    };
}
