using System;
using System.Threading;
using System.Threading.Tasks;
using static GitLabAgents.RotationFormatter;

namespace GitLabAgents;

/// <content>The wait for the use of the new token, and the revocation of the older ones.</content>
internal sealed partial class TokenRotator
{
    private static readonly TimeSpan MaxTimerDelay = TimeSpan.FromDays(24);

    private async Task<AgentTokenRotation> WaitAndRevokeAsync(CancellationToken cancellationToken)
    {
        _deadline = _request.Timeout > TimeSpan.Zero ? _clock.GetUtcNow() + _request.Timeout : null;
        ReportPhase(RotationPhase.WaitingForUse);
        string? warned = null;
        while (true)
        {
            bool isInUse = false;
            GitLabApiException? failure = null;
            try
            {
                isInUse = await PollAsync(cancellationToken).ConfigureAwait(false);
                if (isInUse)
                {
                    ReportPhase(RotationPhase.Revoking);
                    await RevokeAsync(KeptTokens, cancellationToken).ConfigureAwait(false);
                    return CreateResult(TokenRotationStatus.Completed);
                }
            }
            catch (GitLabApiException e)
            {
                failure = e;
            }

            TimeSpan left = _deadline - _clock.GetUtcNow() ?? TimeSpan.MaxValue;
            if (_request.NoWait || left <= TimeSpan.Zero || failure is { IsTransient: false })
            {
                return CreateIncompleteResult(isInUse, failure);
            }

            if (isInUse && failure!.Problem != warned)
            {
                warned = failure.Problem;
                _request.OnWarning?.Invoke(
                    $"{Capitalize(Describe(_newToken!))} is in use, but not every older token could be revoked. "
                        + (_deadline is null ? "Retrying: " : $"Retrying for {FormatTimeLeft(left)}: ")
                        + warned);
            }

            TimeSpan pause = failure?.RetryAfter is { } retryAfter && retryAfter > _request.PollInterval
                ? retryAfter
                : _request.PollInterval;
            await _clock.Delay(Min(pause, left), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> PollAsync(CancellationToken cancellationToken)
    {
        // Waiting for a slot does not count against the deadline; otherwise slow agents could cost this one its last
        // poll. The poll itself ends shortly after the deadline, whatever the server does.
        await _request.PollSlots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (_deadline is { } deadline)
            {
                TimeSpan left = deadline - _clock.GetUtcNow();
                timeout.CancelAfter(
                    Min((left > TimeSpan.Zero ? left : TimeSpan.Zero) + _request.PollInterval, MaxTimerDelay));
            }

            return await IsInUseAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new GitLabApiException(GitLabErrorKind.Timeout, $"{_agent.Session} did not respond in time.");
        }
        finally
        {
            _request.PollSlots.Release();
        }
    }

    private async Task<bool> IsInUseAsync(CancellationToken cancellationToken)
    {
        AgentToken newToken = _newToken!;
        AgentToken current = await _reader.ReadAsync(newToken, cancellationToken).ConfigureAwait(false)
            ?? throw new GitLabApiException(GitLabErrorKind.TokenNotFound, "It is no longer active.");
        if (current.IsLastUsedKnown)
        {
            newToken = newToken.With(newToken.Status, current.LastUsedAt);
            _newToken = newToken;
        }

        if (newToken.LastUsedAt is not null && _plan.Resumed is not null)
        {
            // The agent may have returned to an older token since they were read.
            AgentToken[] active = await _reader.ReadAllAsync(cancellationToken).ConfigureAwait(false);
            _older = Array.FindAll(active, token => Contains(_older, token));
        }

        return _plan.IsInUse(newToken, _older);
    }

    private AgentTokenRotation CreateIncompleteResult(bool isInUse, GitLabApiException? failure)
    {
        string token = Capitalize(Describe(_newToken!));
        if (isInUse)
        {
            string problem = $"{token} is in use, but not every older token could be revoked.{KeptClause}";
            GitLabApiException error = failure!.WithKind(failure.Kind, problem, ResumeCommand);
            return CreateResult(TokenRotationStatus.RevokeFailed, error, ResumeCommand);
        }

        if (failure is not null && (_request.NoWait || !failure.IsTransient))
        {
            string action = $"{failure.RecommendedAction} {ResumeCommand}".TrimStart();
            string problem = $"Cannot tell whether {Describe(_newToken!)} is in use.{KeptClause}";
            GitLabApiException error = failure.WithKind(failure.Kind, problem, action);
            return CreateResult(TokenRotationStatus.AwaitingUse, error, action);
        }

        if (_request.NoWait)
        {
            return CreateResult(TokenRotationStatus.AwaitingUse);
        }

        string state = _newToken!.LastUsedAt is null
            ? $"was not seen in use within {FormatDuration(_request.Timeout)}."
            : "was used, but the agent may have returned to an older token since. GitLab records a use only every 40 "
                + "to 55 minutes, so it can take two hours to rule that out. All tokens work until then.";
        string last = failure is null ? string.Empty : $" The last poll failed: {failure.Problem}";
        return CreateResult(
            TokenRotationStatus.TimedOut,
            new GitLabApiException(GitLabErrorKind.Timeout, $"{token} {state}{KeptClause}{last}", ResumeCommand),
            ResumeCommand);
    }
}
