using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>What is looked at before anything is revoked. Each revocation is one try, and each further try looks anew.</content>
internal sealed partial class TokenRotator
{
    private async Task<RotationPlan> CreatePlanAsync(CancellationToken cancellationToken)
    {
        var tokens = new List<AgentToken>();
        await foreach (ItemResult<AgentToken> token in _client.GetTokenDetailsAsync(Agent.ProjectId, Agent.Id, static _ => true, cancellationToken).ConfigureAwait(false))
        {
            AgentToken read = token.Value ?? throw token.Error!; // Of one that cannot be read no one knows whether it is in use.
            if (read.Status != Revoked)
            {
                tokens.Add(read);
            }
        }

        _plannedAt = _clock.GetUtcNow();
        return RotationPlan.Create(Agent, tokens, _request, _clock.GetUtcNow());
    }

    // Between the plan and its execution someone may have been asked, and have taken long to answer.
    private async Task RefreshPlanAsync(CancellationToken cancellationToken)
    {
        RotationPlan again = await CreatePlanAsync(cancellationToken).ConfigureAwait(false);
        bool same = again.ToEvict.All(token => Plan.ToEvict.Any(planned => planned.Id == token.Id))
            && again.Older.Select(static token => token.Id).SequenceEqual(Plan.Older.Select(static token => token.Id));
        Plan = same ? again : throw new GitLabApiException(
            GitLabErrorKind.Conflict,
            $"The tokens of agent {Agent} on {Agent.Session} changed meanwhile. Nothing was changed by this rotation.",
            "Look at them with Get-GitLabAgentToken, and begin again.");
    }

    // Each try plans anew, since what was never used may be by now.
    private async Task<bool> EvictAsync(CancellationToken cancellationToken)
    {
        await RefreshPlanAsync(cancellationToken).ConfigureAwait(false);

        // What is gone after a try of ours, whose answer was lost, was revoked by it.
        foreach (AgentToken gone in _revocationUnknown.FindAll(token => Plan.ToEvict.All(planned => planned.Id != token.Id)))
        {
            _revocationUnknown.Remove(gone);
            MarkRevoked(gone);
        }

        foreach (AgentToken token in Plan.ToEvict)
        {
            _revocationUnknown.RemoveAll(earlier => earlier.Id == token.Id);
            _revocationUnknown.Add(token);
            try
            {
                await RevokeAsync([token], cancellationToken).ConfigureAwait(false);
            }
            catch (GitLabApiException e) when ((int?)e.StatusCode is >= 400 and < 500)
            {
                _revocationUnknown.Remove(token); // Refused.
                throw;
            }

            _revocationUnknown.Remove(token);
        }

        return true;
    }

    // Each try looks anew, for the same reason.
    private async Task<bool> RevokeUnusedAsync(CancellationToken cancellationToken)
    {
        AgentToken now = await _client.GetTokenAsync(Agent.ProjectId, Agent.Id, NewToken!.Id, cancellationToken).ConfigureAwait(false);
        bool isUnused = now.LastUsedAt is null && now.IsLastUsedKnown;
        if (isUnused)
        {
            _revocationUnknown.Add(NewToken);
            await RevokeAsync([NewToken], cancellationToken).ConfigureAwait(false);
        }

        return isUnused;
    }

    private async Task<bool> PollAsync(CancellationToken cancellationToken)
    {
        // A place is waited for as long as it takes, for else the last look would fall to the slowness of others. The
        // look itself ends about when the wait is to end, whatever the server does.
        await _pollSlots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (Deadline is { } deadline)
            {
                TimeSpan left = deadline - _clock.GetUtcNow();
                bound.CancelAfter(Min((left > TimeSpan.Zero ? left : TimeSpan.Zero) + _request.PollInterval, MaxTimerDelay));
            }

            return await PollTokensAsync(bound.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new GitLabApiException(GitLabErrorKind.Timeout, $"{Agent.Session} did not answer in time.");
        }
        finally
        {
            _pollSlots.Release();
        }
    }

    private async Task<bool> PollTokensAsync(CancellationToken cancellationToken)
    {
        AgentToken now = await _client.GetTokenAsync(Agent.ProjectId, Agent.Id, NewToken!.Id, cancellationToken).ConfigureAwait(false);
        if (now.Id != NewToken.Id || now.Status == Revoked)
        {
            return false;
        }

        if (now.IsLastUsedKnown)
        {
            NewToken.LastUsedAt = now.LastUsedAt;
        }

        if (Plan.Resumed is not null && Plan.IsInUse(now))
        {
            // Since the plan someone may have been asked, or have waited, and the agent be back with an older one.
            foreach (AgentToken older in Plan.Older.Except(_revoked))
            {
                try
                {
                    AgentToken read = await _client.GetTokenAsync(Agent.ProjectId, Agent.Id, older.Id, cancellationToken).ConfigureAwait(false);
                    if (read.IsLastUsedKnown)
                    {
                        older.LastUsedAt = read.LastUsedAt;
                    }
                }
                catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.TokenNotFound)
                {
                    // Revoked by someone else: it is no one's to go back to.
                }
            }
        }

        return Plan.IsInUse(now);
    }

    private async Task RevokeAsync(IEnumerable<AgentToken> tokens, CancellationToken cancellationToken)
    {
        foreach (AgentToken token in tokens.Except(_revoked))
        {
            await _client.RevokeTokenOnceAsync(Agent.ProjectId, Agent.Id, token.Id, cancellationToken).ConfigureAwait(false);
            MarkRevoked(token);
        }
    }

    private void MarkRevoked(AgentToken token)
    {
        token.Status = Revoked;
        _revoked.Add(token);
    }

    private async Task<bool> RetryOnceAsync(Func<CancellationToken, Task<bool>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work(cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException e) when (IsTransient(e))
        {
            TimeSpan pause = Min(e.RetryAfter ?? Min(_request.PollInterval, MaxRetryPause), MaxRetryAfter);
            _client.ReportRetry(pause, e.Problem);
            await _clock.Delay(pause, cancellationToken).ConfigureAwait(false);
            return await work(cancellationToken).ConfigureAwait(false);
        }
    }
}
