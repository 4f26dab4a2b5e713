using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>
/// The rotation of one agent's token, in the steps that a cmdlet goes through with it: plan, begin, hand the new token
/// over, finish. At no moment is the token that the agent signs in with revoked before another is seen in use, and
/// whatever fails, what is left is said. All that has to be known to go on later is in the tokens themselves.
/// </summary>
internal sealed partial class TokenRotator
{
    private const string Revoked = "revoked";

    // What a timer can count.
    private static readonly TimeSpan MaxTimerDelay = TimeSpan.FromDays(24);

    // Plans that are older than this, because someone was asked, are made anew.
    private static readonly TimeSpan PlanMaxAge = TimeSpan.FromSeconds(5);

    // However far apart the looks are: the pipeline waits for it.
    private static readonly TimeSpan MaxRetryPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(5);

    private readonly GitLabClient _client;
    private readonly RotationRequest _request;
    private readonly SemaphoreSlim _pollSlots;
    private readonly TimeProvider _clock;
    private readonly List<AgentToken> _revoked = [];
    private readonly List<AgentToken> _revocationUnknown = [];
    private readonly DateTimeOffset _startedAt;
    private DateTimeOffset _plannedAt;

    private TokenRotator(GitLabClient client, ClusterAgent agent, RotationRequest request, SemaphoreSlim looks)
    {
        _client = client;
        Agent = agent;
        _request = request;
        _pollSlots = looks;
        _clock = client.Session.Clock;
        _startedAt = _clock.GetUtcNow();
    }

    /// <summary>Gets the agent.</summary>
    public ClusterAgent Agent { get; }

    /// <summary>Gets what is to be done.</summary>
    public RotationPlan Plan { get; private set; } = null!;

    /// <summary>Gets the new token, once there is one.</summary>
    public AgentToken? NewToken { get; private set; }

    /// <summary>Gets when the wait for the new token ends; <see langword="null"/> where it does not, or has not begun.</summary>
    public DateTimeOffset? Deadline { get; private set; }

    /// <summary>Gets or sets a value indicating whether the new token was handed over: others than the caller have its secret.</summary>
    public bool IsDeployed { get; set; }

    private string KeptClause => Plan.Older.Except(_revoked).ToList() is { Count: > 0 } kept ? $" Kept: {FormatTokens(kept)}." : string.Empty;

    // What was revoked to make room, or may have been.
    private string? EvictionSummary
        => _revoked.Count > 0 ? $"{FormatTokens(_revoked)} of agent {Agent} was revoked"
            : _revocationUnknown.Count > 0 ? $"{FormatTokens(_revocationUnknown)} of agent {Agent} may have been revoked"
            : null;

    private string ResumeCommand => $"Go on with: Invoke-GitLabAgentTokenRotation -Project {Agent.ProjectId} -Agent {Agent.Id} -Resume";

    /// <summary>Reads the agent's tokens and plans. Nothing is changed.</summary>
    /// <param name="client">The client.</param>
    /// <param name="project">The agent's project.</param>
    /// <param name="agent">The agent.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="looks">Lets only so many looks at tokens be under way at once, over all rotations that share it.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <exception cref="GitLabApiException">The agent or one of its tokens cannot be read, or all places are taken by tokens that may be in use.</exception>
    public static async Task<TokenRotator> PlanAsync(GitLabClient client, ProjectReference project, AgentReference agent, RotationRequest request, SemaphoreSlim looks, CancellationToken cancellationToken)
    {
        ClusterAgent found = await client.FindAgentAsync(project, agent, cancellationToken).ConfigureAwait(false);
        var rotation = new TokenRotator(client, found, request, looks);
        rotation.Plan = await rotation.CreatePlanAsync(cancellationToken).ConfigureAwait(false);
        rotation.NewToken = rotation.Plan.Resumed;
        return rotation;
    }

    /// <summary>Revokes what is given up, and makes the new token.</summary>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <returns>The new token. Its secret is the caller's to hand over.</returns>
    /// <exception cref="GitLabApiException">It did not come about; the message says what was changed.</exception>
    /// <exception cref="OperationInterruptedException">It was stopped when something was changed already; the message says what.</exception>
    public async Task<NewAgentToken> BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Plan.ToEvict.Count > 0)
            {
                await RetryOnceAsync(EvictAsync, cancellationToken).ConfigureAwait(false);
            }
            else if (_clock.GetUtcNow() - _plannedAt > PlanMaxAge)
            {
                await RefreshPlanAsync(cancellationToken).ConfigureAwait(false);
            }

            NewAgentToken made = await _client.CreateTokenAsync(Agent.ProjectId, Agent.Id, Plan.Name, _request.Description, cancellationToken).ConfigureAwait(false);
            NewToken = made;
            return made;
        }
        catch (GitLabApiException e) when (EvictionSummary is { } room)
        {
            throw e.WithKind(e.Kind, $"To make room {room}, but no new token came about.", e.RecommendedAction);
        }
        catch (OperationCanceledException e) when (EvictionSummary is { } room)
        {
            string rest = e is OperationInterruptedException ? e.Message : "No new token was made.";
            throw new OperationInterruptedException($"Stopped when {room} to make room. {rest}", cancellationToken);
        }
    }

    /// <summary>Ends the rotation with the new token made, and not waited for.</summary>
    public AgentTokenRotation FinishWithoutWaiting() => CreateResult(TokenRotationStatus.AwaitingUse, null);

    /// <summary>
    /// Takes the new token back, since it could not be handed over: revokes it, unless it is in use already. Does not throw.
    /// </summary>
    /// <param name="why">What went wrong, as a sentence; secrets are taken out of it.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <returns>The outcome, with an error that says what became of the token.</returns>
    public async Task<AgentTokenRotation> RollBackAsync(string why, CancellationToken cancellationToken)
    {
        var made = (NewAgentToken)NewToken!;
        string outcome;
        string advice = string.Empty;
        try
        {
            bool isRevoked = await RetryOnceAsync(RevokeUnusedAsync, cancellationToken).ConfigureAwait(false);
            outcome = isRevoked ? "It was revoked again." : "It was not revoked, since it is in use already.";
            advice = isRevoked ? string.Empty : ResumeCommand;
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.TokenNotFound && _revocationUnknown.Remove(made))
        {
            MarkRevoked(made); // By the first try, whose answer was lost.
            outcome = "It was revoked again.";
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.TokenNotFound)
        {
            outcome = "It is not active any more.";
        }
        catch (Exception e) when (e is GitLabApiException or OperationCanceledException)
        {
            outcome = $"It may still be active: it was not, or not for certain, revoked again ({(e as GitLabApiException)?.Problem.TrimEnd('.') ?? "there was no time"}).";
            advice = $"Look whether it is used, and revoke it if it is not: Get-GitLabAgentToken -Project {Agent.ProjectId} -Agent {Agent.Id} -TokenId {made.Id}";
        }

        string reason = RedactReason(why, made).TrimEnd('.');
        return CreateResult(
            TokenRotationStatus.DeployFailed,
            new InvalidOperationException($"{Capitalize(Describe(made))} on {Agent.Session} was not handed over: {reason}. {outcome}{KeptClause} {advice}".TrimEnd()));
    }

    /// <summary>
    /// Waits until GitLab has seen the new token in use, and only then revokes the older ones.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait. All tokens then stay.</param>
    /// <returns>The outcome.</returns>
    public async Task<AgentTokenRotation> FinishAsync(CancellationToken cancellationToken)
    {
        Deadline = _request.Timeout > TimeSpan.Zero ? _clock.GetUtcNow() + _request.Timeout : null;
        while (true)
        {
            bool inUse = false;
            GitLabApiException? failure = null;
            try
            {
                inUse = await PollAsync(cancellationToken).ConfigureAwait(false);
                if (inUse)
                {
                    await RevokeAsync(Plan.Older, cancellationToken).ConfigureAwait(false);
                    return CreateResult(TokenRotationStatus.Completed, null);
                }
            }
            catch (GitLabApiException e)
            {
                failure = e;
            }

            TimeSpan left = Deadline - _clock.GetUtcNow() ?? TimeSpan.MaxValue;
            bool goesOn = !_request.NoWait && left > TimeSpan.Zero && (failure is null || IsTransient(failure));
            if (!goesOn)
            {
                return inUse ? CreateResult(TokenRotationStatus.RevokeFailed, failure!.WithKind(failure.Kind, $"{Capitalize(Describe(NewToken!))} is in use, but not every older one could be revoked.", ResumeCommand))
                    : failure is not null && !IsTransient(failure) ? CreateResult(TokenRotationStatus.AwaitingUse, failure.WithKind(failure.Kind, $"Whether {Describe(NewToken!)} is in use cannot be seen.", $"{failure.RecommendedAction} {ResumeCommand}".TrimStart()))
                    : _request.NoWait ? CreateResult(TokenRotationStatus.AwaitingUse, failure)
                    : CreateResult(TokenRotationStatus.TimedOut, CreateTimeoutException(failure));
            }

            TimeSpan pause = Min(failure?.RetryAfter > _request.PollInterval ? failure.RetryAfter.Value : _request.PollInterval, left);
            await _clock.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Ends a rotation whose outcome its caller will not see: takes the new token back where no one has its secret, and
    /// leaves it otherwise. Does not throw.
    /// </summary>
    /// <param name="outcome">The outcome that is awaited, if it came so far. It is cancelled, or about to end.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <returns>What is left, and how to go on, as sentences.</returns>
    public async Task<string> DisposeAsync(Task<AgentTokenRotation>? outcome, CancellationToken cancellationToken)
    {
        bool isLost = NewToken is NewAgentToken && !IsDeployed;
        string unfinished = _revoked.Count > 0 ? $"Revoked: {FormatTokens(_revoked)}. " : string.Empty;
        try
        {
            if (outcome is not null && await outcome.ConfigureAwait(false) is { } ended && !(isLost && NewToken!.Status != Revoked))
            {
                return $"{unfinished}The rotation for agent {ended} had ended. {ended.Error?.Message}".TrimEnd();
            }
        }
        catch (OperationCanceledException e)
        {
            unfinished += e is OperationInterruptedException ? e.Message + " " : string.Empty;
        }

        if (isLost)
        {
            return unfinished + (await RollBackAsync("it was stopped", cancellationToken).ConfigureAwait(false)).Error!.Message;
        }

        return $"{unfinished}{Capitalize(Describe(NewToken!))} is made, and {(NewToken!.LastUsedAt is null ? "was not seen in use yet" : "is in use")}.{KeptClause} {ResumeCommand}";
    }

    private static string FormatTokens(IEnumerable<AgentToken> tokens) => "token " + string.Join(", ", tokens.Select(static token => $"'{RotationPlan.GetDisplayName(token)}' ({token.Id})"));

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static string Capitalize(string text) => char.ToUpperInvariant(text[0]) + text.Substring(1);

    // What another look may find otherwise.
    private static bool IsTransient(GitLabApiException failure)
        => failure.Kind is GitLabErrorKind.RateLimited or GitLabErrorKind.ServerError or GitLabErrorKind.InvalidResponse
            or GitLabErrorKind.ConnectionFailed or GitLabErrorKind.Timeout or GitLabErrorKind.Conflict;

    private string Describe(AgentToken token) => $"{FormatTokens([token])} of agent {Agent}";

    private string RedactReason(string why, NewAgentToken made)
    {
        try
        {
            return DisplayText.SanitizeMessage(why, text => made.Redact(_client.Session.Token.Redact(text))) ?? "no reason given";
        }
        catch (ObjectDisposedException)
        {
            // Without the access token, which the deploy took away with the session, no one can tell whether it is in the words.
            return "its words are not shown, since the session was disconnected meanwhile";
        }
    }

    private GitLabApiException CreateTimeoutException(GitLabApiException? failure)
    {
        string seen = $"{Capitalize(Describe(NewToken!))} on {Agent.Session} was not seen in use within {_request.Timeout.TotalSeconds:0} seconds.";
        string last = failure is null ? string.Empty : $" The last look failed: {failure.Problem}";
        return new GitLabApiException(GitLabErrorKind.Timeout, seen + KeptClause + last, ResumeCommand);
    }

    private AgentTokenRotation CreateResult(TokenRotationStatus status, Exception? error) => new(Agent, status)
    {
        NewToken = NewToken,
        RevokedTokens = _revoked.ToArray(),
        KeptTokens = Plan.Older.Except(_revoked).ToArray(),
        StartedAt = _startedAt,
        CompletedAt = status == TokenRotationStatus.Completed ? _clock.GetUtcNow() : null,
        Error = error,
    };
}
