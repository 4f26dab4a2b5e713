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
internal sealed partial class TokenRotation
{
    private const string Revoked = "revoked";

    // What a timer can count.
    private static readonly TimeSpan MostCounted = TimeSpan.FromDays(24);

    // Plans that are older than this, because someone was asked, are made anew.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    // However far apart the looks are: the pipeline waits for it.
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(5);

    private readonly GitLabClient _client;
    private readonly RotationRequest _request;
    private readonly SemaphoreSlim _looks;
    private readonly TimeProvider _clock;
    private readonly List<AgentToken> _revoked = [];
    private readonly List<AgentToken> _doubtful = [];
    private readonly DateTimeOffset _startedAt;
    private DateTimeOffset _plannedAt;

    private TokenRotation(GitLabClient client, ClusterAgent agent, RotationRequest request, SemaphoreSlim looks)
    {
        _client = client;
        Agent = agent;
        _request = request;
        _looks = looks;
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
    public bool IsHandedOver { get; set; }

    private string Kept => Plan.Older.Except(_revoked).ToList() is { Count: > 0 } kept ? $" Kept: {Names(kept)}." : string.Empty;

    // What was revoked to make room, or may have been.
    private string? Room
        => _revoked.Count > 0 ? $"{Names(_revoked)} of agent {Agent} was revoked"
            : _doubtful.Count > 0 ? $"{Names(_doubtful)} of agent {Agent} may have been revoked"
            : null;

    private string GoOn => $"Go on with: Invoke-GitLabAgentTokenRotation -Project {Agent.ProjectId} -Agent {Agent.Id} -Resume";

    /// <summary>Reads the agent's tokens and plans. Nothing is changed.</summary>
    /// <param name="client">The client.</param>
    /// <param name="project">The agent's project.</param>
    /// <param name="agent">The agent.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="looks">Lets only so many looks at tokens be under way at once, over all rotations that share it.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <exception cref="GitLabApiException">The agent or one of its tokens cannot be read, or all places are taken by tokens that may be in use.</exception>
    public static async Task<TokenRotation> PlanAsync(GitLabClient client, ProjectReference project, AgentReference agent, RotationRequest request, SemaphoreSlim looks, CancellationToken cancellationToken)
    {
        ClusterAgent found = await client.FindAgentAsync(project, agent, cancellationToken).ConfigureAwait(false);
        var rotation = new TokenRotation(client, found, request, looks);
        rotation.Plan = await rotation.MakePlanAsync(cancellationToken).ConfigureAwait(false);
        rotation.NewToken = rotation.Plan.Resumed;
        return rotation;
    }

    /// <summary>Revokes what is given up, and makes the new token.</summary>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <returns>The new token. Its secret is the caller's to hand over.</returns>
    /// <exception cref="GitLabApiException">It did not come about; the message says what was changed.</exception>
    /// <exception cref="UnfinishedException">It was stopped when something was changed already; the message says what.</exception>
    public async Task<NewAgentToken> BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Plan.GivenUp.Count > 0)
            {
                await TwiceAsync(GiveUpAsync, cancellationToken).ConfigureAwait(false);
            }
            else if (_clock.GetUtcNow() - _plannedAt > Fresh)
            {
                await PlanAgainAsync(cancellationToken).ConfigureAwait(false);
            }

            NewAgentToken made = await _client.CreateTokenAsync(Agent.ProjectId, Agent.Id, Plan.Name, _request.Description, cancellationToken).ConfigureAwait(false);
            NewToken = made;
            return made;
        }
        catch (GitLabApiException e) when (Room is { } room)
        {
            throw e.As(e.Kind, $"To make room {room}, but no new token came about.", e.Advice);
        }
        catch (OperationCanceledException e) when (Room is { } room)
        {
            string rest = e is UnfinishedException ? e.Message : "No new token was made.";
            throw new UnfinishedException($"Stopped when {room} to make room. {rest}", cancellationToken);
        }
    }

    /// <summary>Ends the rotation with the new token made, and not waited for.</summary>
    public AgentTokenRotation Leave() => Report(TokenRotationStatus.AwaitingUse, null);

    /// <summary>
    /// Takes the new token back, since it could not be handed over: revokes it, unless it is in use already. Does not throw.
    /// </summary>
    /// <param name="why">What went wrong, as a sentence; secrets are taken out of it.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <returns>The outcome, with an error that says what became of the token.</returns>
    public async Task<AgentTokenRotation> WithdrawAsync(string why, CancellationToken cancellationToken)
    {
        var made = (NewAgentToken)NewToken!;
        string outcome;
        string advice = string.Empty;
        try
        {
            bool isRevoked = await TwiceAsync(RevokeUnusedAsync, cancellationToken).ConfigureAwait(false);
            outcome = isRevoked ? "It was revoked again." : "It was not revoked, since it is in use already.";
            advice = isRevoked ? string.Empty : GoOn;
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.TokenNotFound && _doubtful.Remove(made))
        {
            NoteRevoked(made); // By the first try, whose answer was lost.
            outcome = "It was revoked again.";
        }
        catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.TokenNotFound)
        {
            outcome = "It is not active any more.";
        }
        catch (Exception e) when (e is GitLabApiException or OperationCanceledException)
        {
            outcome = $"It may still be active: it was not, or not for certain, revoked again ({(e as GitLabApiException)?.Finding.TrimEnd('.') ?? "there was no time"}).";
            advice = $"Look whether it is used, and revoke it if it is not: Get-GitLabAgentToken -Project {Agent.ProjectId} -Agent {Agent.Id} -TokenId {made.Id}";
        }

        string reason = RedactReason(why, made).TrimEnd('.');
        return Report(
            TokenRotationStatus.DeployFailed,
            new InvalidOperationException($"{Sentence(Describe(made))} on {Agent.Session} was not handed over: {reason}. {outcome}{Kept} {advice}".TrimEnd()));
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
                inUse = await LookAsync(cancellationToken).ConfigureAwait(false);
                if (inUse)
                {
                    await RevokeAsync(Plan.Older, cancellationToken).ConfigureAwait(false);
                    return Report(TokenRotationStatus.Completed, null);
                }
            }
            catch (GitLabApiException e)
            {
                failure = e;
            }

            TimeSpan left = Deadline - _clock.GetUtcNow() ?? TimeSpan.MaxValue;
            bool goesOn = !_request.NoWait && left > TimeSpan.Zero && (failure is null || MayPass(failure));
            if (!goesOn)
            {
                return inUse ? Report(TokenRotationStatus.RevokeFailed, failure!.As(failure.Kind, $"{Sentence(Describe(NewToken!))} is in use, but not every older one could be revoked.", GoOn))
                    : failure is not null && !MayPass(failure) ? Report(TokenRotationStatus.AwaitingUse, failure.As(failure.Kind, $"Whether {Describe(NewToken!)} is in use cannot be seen.", $"{failure.Advice} {GoOn}".TrimStart()))
                    : _request.NoWait ? Report(TokenRotationStatus.AwaitingUse, failure)
                    : Report(TokenRotationStatus.TimedOut, TooLate(failure));
            }

            TimeSpan pause = Shorter(failure?.RetryAfter > _request.PollInterval ? failure.RetryAfter.Value : _request.PollInterval, left);
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
    public async Task<string> AbandonAsync(Task<AgentTokenRotation>? outcome, CancellationToken cancellationToken)
    {
        bool isLost = NewToken is NewAgentToken && !IsHandedOver;
        string unfinished = _revoked.Count > 0 ? $"Revoked: {Names(_revoked)}. " : string.Empty;
        try
        {
            if (outcome is not null && await outcome.ConfigureAwait(false) is { } ended && !(isLost && NewToken!.Status != Revoked))
            {
                return $"{unfinished}The rotation for agent {ended} had ended. {ended.Error?.Message}".TrimEnd();
            }
        }
        catch (OperationCanceledException e)
        {
            unfinished += e is UnfinishedException ? e.Message + " " : string.Empty;
        }

        if (isLost)
        {
            return unfinished + (await WithdrawAsync("it was stopped", cancellationToken).ConfigureAwait(false)).Error!.Message;
        }

        return $"{unfinished}{Sentence(Describe(NewToken!))} is made, and {(NewToken!.LastUsedAt is null ? "was not seen in use yet" : "is in use")}.{Kept} {GoOn}";
    }

    private static string Names(IEnumerable<AgentToken> tokens) => "token " + string.Join(", ", tokens.Select(static token => $"'{RotationPlan.NameOf(token)}' ({token.Id})"));

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text.Substring(1);

    // What another look may find otherwise.
    private static bool MayPass(GitLabApiException failure)
        => failure.Kind is GitLabErrorKind.RateLimited or GitLabErrorKind.ServerError or GitLabErrorKind.InvalidResponse
            or GitLabErrorKind.ConnectionFailed or GitLabErrorKind.Timeout or GitLabErrorKind.Conflict;

    private string Describe(AgentToken token) => $"{Names([token])} of agent {Agent}";

    private string RedactReason(string why, NewAgentToken made)
    {
        try
        {
            return ServerWords.OneLine(why, text => made.Redact(_client.Session.Token.Redact(text))) ?? "no reason given";
        }
        catch (ObjectDisposedException)
        {
            // Without the access token, which the deploy took away with the session, no one can tell whether it is in the words.
            return "its words are not shown, since the session was disconnected meanwhile";
        }
    }

    private GitLabApiException TooLate(GitLabApiException? failure)
    {
        string seen = $"{Sentence(Describe(NewToken!))} on {Agent.Session} was not seen in use within {_request.Timeout.TotalSeconds:0} seconds.";
        string last = failure is null ? string.Empty : $" The last look failed: {failure.Finding}";
        return new GitLabApiException(GitLabErrorKind.Timeout, seen + Kept + last, GoOn);
    }

    private AgentTokenRotation Report(TokenRotationStatus status, Exception? error) => new(Agent, status)
    {
        NewToken = NewToken,
        RevokedTokens = _revoked.ToArray(),
        KeptTokens = Plan.Older.Except(_revoked).ToArray(),
        StartedAt = _startedAt,
        CompletedAt = status == TokenRotationStatus.Completed ? _clock.GetUtcNow() : null,
        Error = error,
    };
}
