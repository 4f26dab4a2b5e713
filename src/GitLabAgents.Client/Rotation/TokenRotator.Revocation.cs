using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using static GitLabAgents.RotationFormatter;

namespace GitLabAgents;

/// <content>Revocation and rollback. Before each attempt to revoke, the tokens are read again.</content>
internal sealed partial class TokenRotator
{
    private static readonly TimeSpan RollBackTimeout = TimeSpan.FromSeconds(4.5);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(5);

    // The period over which GitLab counts requests, for a 429 that does not say when it ends.
    private static readonly TimeSpan RateLimitWindow = TimeSpan.FromMinutes(1);

    // Tokens whose revocation was attempted, but whose response was lost.
    private readonly List<AgentToken> _revocationUnknown = [];

    // Each attempt plans again: a token that was never used may have come into use.
    private async Task EvictAsync(CancellationToken cancellationToken)
    {
        await RefreshPlanAsync(cancellationToken).ConfigureAwait(false);

        // What is gone after an attempt whose response was lost was revoked by it.
        _revocationUnknown.FindAll(token => !Contains(_plan.ToEvict, token)).ForEach(MarkRevoked);
        await RevokeAsync(_plan.ToEvict, cancellationToken).ConfigureAwait(false);
    }

    // Returns what was revoked to free a slot, or may have been, as a sentence.
    private string? FormatEvictions()
    {
        if (_revoked.Count > 0)
        {
            string verb = _revoked.Count == 1 ? "was" : "were";
            return $"To free a slot, {FormatTokens(_revoked)} of {FormatAgent(_agent)} {verb} revoked.";
        }

        return _revocationUnknown.Count > 0
            ? $"To free a slot, {FormatTokens(_revocationUnknown)} of {FormatAgent(_agent)} may have been revoked."
            : null;
    }

    // Does not throw. It takes the time it needs, but only a short time after a stop.
    private async Task<AgentTokenRotation> RollBackAsync(string reason, CancellationToken cancellationToken)
    {
        var created = (NewAgentToken)_newToken!;
        using var timeout = new CancellationTokenSource();
        using CancellationTokenRegistration onStop = cancellationToken.Register(
            () => timeout.CancelAfter(RollBackTimeout));
        string outcome = string.Empty;
        string action = string.Empty;
        try
        {
            await RetryOnceAsync(
                async stop => outcome = await RevokeUnusedAsync(stop).ConfigureAwait(false),
                timeout.Token).ConfigureAwait(false);
            action = _newToken!.Status != Revoked && _newToken.LastUsedAt is not null ? ResumeCommand : string.Empty;
        }
        catch (Exception e) when (e is GitLabApiException or OperationCanceledException)
        {
            string problem = (e as GitLabApiException)?.Problem.TrimEnd('.') ?? "there was no time left";
            outcome = $"It may still be active, because it could not be revoked for certain ({problem}).";
            action = "Check whether it is used, and revoke it if it is not: "
                + SuggestedCommand.ReadToken(_agent.ProjectId, _agent.Id, created.Id);
        }

        string why = RedactReason(reason, created).TrimEnd('.');
        string problemText = $"{Capitalize(Describe(created))} was not deployed: {why}. {outcome}{KeptClause}";
        return CreateResult(
            TokenRotationStatus.DeployFailed,
            new InvalidOperationException($"{problemText} {action}".TrimEnd()),
            action);
    }

    // Each attempt reads the token again: it may have come into use. Returns what became of it, as a sentence.
    private async Task<string> RevokeUnusedAsync(CancellationToken cancellationToken)
    {
        AgentToken newToken = _newToken!;
        AgentToken? current = await _reader.ReadAsync(newToken, cancellationToken).ConfigureAwait(false);
        if (current is null)
        {
            if (!Contains(_revocationUnknown, newToken))
            {
                return "It is no longer active.";
            }

            MarkRevoked(newToken);
            return "It was revoked.";
        }

        if (current is not { IsLastUsedKnown: true, LastUsedAt: null })
        {
            _newToken = newToken.With(newToken.Status, current.LastUsedAt);
            string reason = current.IsLastUsedKnown ? "it is already in use" : "its last use is unknown";
            return $"It was not revoked, because {reason}.";
        }

        await RevokeAsync([newToken], cancellationToken).ConfigureAwait(false);
        return "It was revoked.";
    }

    // Returns what is left after a stop. A token that was not deployed is rolled back: nobody has its secret.
    private async Task<string> CleanUpAsync(AgentTokenRotation? result, Exception cause)
    {
        string interruption = cause is OperationInterruptedException ? cause.Message : string.Empty;
        if (_newToken is null)
        {
            return $"{FormatEvictions()} {(interruption.Length > 0 ? interruption : "No new token was created.")}";
        }

        string revoked = _revoked.Count > 0 ? $"Revoked: {FormatTokens(_revoked)}." : string.Empty;
        string left = $"{interruption} {revoked}".Trim();
        if (_newToken is NewAgentToken { Status: not Revoked } && !_isDeployed)
        {
            var stopped = new CancellationToken(canceled: true);
            result = await RollBackAsync("the rotation was stopped", stopped).ConfigureAwait(false);
            return $"{left} {result.Error!.Message}".TrimStart();
        }

        string token = $"{Capitalize(Describe(_newToken))} was created";
        if (result is not null)
        {
            string next = result.Status == TokenRotationStatus.Completed ? string.Empty : ResumeCommand;
            return $"{left} {token}, and the rotation ended as {result.Status}. {result.Error?.Message ?? next}".Trim();
        }

        string state = _newToken.LastUsedAt is null ? "has not been seen in use yet" : "is in use";
        return $"{left} {token} and {state}.{KeptClause} {ResumeCommand}".TrimStart();
    }

    // In one attempt, since the tokens have to be read again before another.
    private async Task RevokeAsync(IEnumerable<AgentToken> tokens, CancellationToken cancellationToken)
    {
        foreach (AgentToken token in tokens)
        {
            _revocationUnknown.RemoveAll(earlier => earlier.Id == token.Id);
            _revocationUnknown.Add(token);
            try
            {
                await _client.RevokeTokenOnceAsync(_agent.ProjectId, _agent.Id, token.Id, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (GitLabApiException e) when (IsRefusal(e))
            {
                _revocationUnknown.Remove(token);
                throw;
            }

            MarkRevoked(token);
        }
    }

    private void MarkRevoked(AgentToken token)
    {
        AgentToken revoked = token.With(Revoked, token.LastUsedAt);
        _revocationUnknown.RemoveAll(attempted => attempted.Id == token.Id);
        _revoked.Add(revoked);
        _newToken = _newToken?.Id == token.Id ? revoked : _newToken;
    }

    private async Task RetryOnceAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException e) when (e.IsTransient)
        {
            TimeSpan wanted = e.RetryAfter ?? (e.Kind == GitLabErrorKind.RateLimited ? RateLimitWindow : RetryPause);
            TimeSpan pause = wanted > RetryPause ? Min(wanted, MaxRetryAfter) : RetryPause;
            _client.ReportRetry(pause, e.Problem);
            await _clock.Delay(pause, cancellationToken).ConfigureAwait(false);
            await work(cancellationToken).ConfigureAwait(false);
        }
    }

    private string RedactReason(string reason, NewAgentToken created)
        => DisplayText.SanitizeMessage(reason, text => created.Redact(_client.Session.Token.Redact(text)))
            ?? "no reason was given";

    private static bool IsRefusal(GitLabApiException e)
        => !e.IsForeign && (int?)e.StatusCode is >= 400 and < 500;

    private static bool Contains(IEnumerable<AgentToken> tokens, AgentToken token)
        => tokens.Any(candidate => candidate.Id == token.Id);
}
