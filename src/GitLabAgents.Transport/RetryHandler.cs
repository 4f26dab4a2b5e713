using System;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;
using Polly;
using Polly.Retry;

namespace GitLabAgents.Transport;

/// <summary>
/// Tries a request again where that can do no harm: GET and DELETE on 429, 502, 503, 504 and a failed connection; POST
/// only where the server certainly did not process it (429, no connection).
/// </summary>
internal sealed class RetryHandler : DelegatingHandler
{
    private static readonly ResiliencePropertyKey<HttpRequestMessage> RequestKey = new("GitLabAgents.Request");

    private readonly TransportOptions _options;
    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;

    /// <summary>Initializes a new instance of the <see cref="RetryHandler"/> class.</summary>
    /// <param name="options">How often, and how long.</param>
    public RetryHandler(TransportOptions options)
    {
        _options = options;
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = options.Clock };
        if (options.MaximumRetryCount > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = options.MaximumRetryCount,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(500),
                MaxDelay = TimeSpan.FromSeconds(30),
                ShouldHandle = args => new ValueTask<bool>(ShouldTryAgain(RequestOf(args.Context), args.Outcome)),
                DelayGenerator = args => new ValueTask<TimeSpan?>(AskedDelay(args.Outcome.Result)),
                OnRetry = OnRetry,
            });
        }

        _pipeline = builder.Build();
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(RequestKey, request);
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (c, self) => await self.TryAsync(RequestOf(c), c.CancellationToken).ConfigureAwait(false),
                context,
                this).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static HttpRequestMessage RequestOf(ResilienceContext context)
        => context.Properties.GetValue(RequestKey, null!);

    private static bool MayHaveActed(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: { } exception } => !WireFailure.NeverSent(exception),
        { Result.StatusCode: (HttpStatusCode)429 } => false,
        _ => true,
    };

    private Task<HttpResponseMessage> TryAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        RequestContext.Of(request).Tries++;
        return base.SendAsync(request, cancellationToken);
    }

    private bool ShouldTryAgain(HttpRequestMessage request, Outcome<HttpResponseMessage> outcome)
    {
        bool mayRepeat = request.Method != HttpMethod.Post;
        bool passing = outcome switch
        {
            { Exception: HttpRequestException exception } =>
                !WireFailure.IsTls(exception) && (mayRepeat || WireFailure.NeverSent(exception)),
            { Result.StatusCode: (HttpStatusCode)429 } => true,
            { Result.StatusCode: HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout } => mayRepeat,
            _ => false,
        };
        TimeSpan left = _options.RetryBudget - RequestContext.Of(request).Waited;
        return passing && left > TimeSpan.Zero && (AskedDelay(outcome.Result) ?? TimeSpan.Zero) <= left;
    }

    private TimeSpan? AskedDelay(HttpResponseMessage? response)
    {
        RetryConditionHeaderValue? asked = response?.Headers.RetryAfter;
        TimeSpan? delay = asked?.Delta ?? (asked?.Date - _options.Clock.GetUtcNow());
        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }

    private ValueTask OnRetry(OnRetryArguments<HttpResponseMessage> args)
    {
        RequestContext request = RequestContext.Of(RequestOf(args.Context));
        request.Waited += args.RetryDelay;
        request.AnswerLost |= MayHaveActed(args.Outcome);
        string reason = args.Outcome.Result is { } response
            ? $"the server answered {(int)response.StatusCode}"
            : "the connection failed";
        args.Outcome.Result?.Dispose();
        request.Waiting?.Invoke(args.RetryDelay, $"{reason}; try {args.AttemptNumber + 2} of {_options.MaximumRetryCount + 1}");
        return default;
    }
}
