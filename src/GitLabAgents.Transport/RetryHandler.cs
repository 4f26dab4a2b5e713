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
/// Tries a request again where that can do no harm: what only reads, and DELETE, on 429, 502, 503, 504 and a failed
/// connection; a POST that makes something only where the server certainly did not process it (429, no connection).
/// </summary>
internal sealed class RetryHandler : DelegatingHandler
{
    private readonly TransportOptions _options;
    private readonly Lazy<Retries> _retries;

    /// <summary>Initializes a new instance of the <see cref="RetryHandler"/> class.</summary>
    /// <param name="options">How often, and how long.</param>
    public RetryHandler(TransportOptions options)
    {
        _options = options;
        _retries = new Lazy<Retries>(() => new Retries(this));
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // The first try goes without Polly: nearly all succeed, and to load and compile it takes a fifth of a first request.
        HttpResponseMessage? response = null;
        HttpRequestException? failure = null;
        try
        {
            response = await SendAttemptAsync(request, cancellationToken).ConfigureAwait(false);
            if (!ShouldRetry(request, response, null))
            {
                return response;
            }
        }
        catch (HttpRequestException e) when (ShouldRetry(request, null, e))
        {
            failure = e;
        }

        return await _retries.Value.RetryAsync(request, response, failure, cancellationToken).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> SendAttemptAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        RequestContext.Get(request).Attempts++;
        return base.SendAsync(request, cancellationToken);
    }

    private bool ShouldRetry(HttpRequestMessage request, HttpResponseMessage? response, Exception? failure)
    {
        if (_options.MaximumRetryCount == 0 || RequestContext.Get(request).NoRetry)
        {
            return false;
        }

        bool mayRepeat = request.Method != HttpMethod.Post || RequestContext.Get(request).IsSafe;
        bool passing = failure is HttpRequestException exception
            ? TransportFailure.IsTransient(exception) && (mayRepeat || TransportFailure.IsNotSent(exception))
            : response?.StatusCode switch
            {
                (HttpStatusCode)429 => true,
                HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => mayRepeat,
                _ => false,
            };
        if (!passing)
        {
            return false;
        }

        TimeSpan left = _options.RetryBudget - RequestContext.Get(request).RetryDelay;
        return left > TimeSpan.Zero && (GetRetryAfter(response) ?? TimeSpan.Zero) <= left;
    }

    private TimeSpan? GetRetryAfter(HttpResponseMessage? response)
    {
        RetryConditionHeaderValue? asked = response?.Headers.RetryAfter;
        TimeSpan? delay = asked?.Delta ?? (asked?.Date - _options.Clock.GetUtcNow());
        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }

    // What happens after a first try that may be repeated. A class of its own, so that Polly is loaded only then.
    private sealed class Retries
    {
        private static readonly ResiliencePropertyKey<HttpRequestMessage> RequestKey = new("GitLabAgents.Request");

        private readonly RetryHandler _handler;
        private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;

        public Retries(RetryHandler handler)
        {
            _handler = handler;
            TransportOptions options = handler._options;
            _pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = options.Clock }
                .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
                {
                    MaxRetryAttempts = options.MaximumRetryCount,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = TimeSpan.FromMilliseconds(500),
                    MaxDelay = TimeSpan.FromSeconds(30),
                    ShouldHandle = args => new ValueTask<bool>(handler.ShouldRetry(RequestOf(args.Context), args.Outcome.Result, args.Outcome.Exception)),
                    DelayGenerator = args => new ValueTask<TimeSpan?>(handler.GetRetryAfter(args.Outcome.Result)),
                    OnRetry = OnRetry,
                })
                .Build();
        }

        /// <summary>Takes the first try's outcome for the pipeline's own, and goes on from there.</summary>
        public async Task<HttpResponseMessage> RetryAsync(HttpRequestMessage request, HttpResponseMessage? response, Exception? failure, CancellationToken cancellationToken)
        {
            Outcome<HttpResponseMessage>? first = failure is null
                ? Outcome.FromResult(response)
                : Outcome.FromException<HttpResponseMessage>(failure);
            ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
            context.Properties.Set(RequestKey, request);
            try
            {
                Outcome<HttpResponseMessage> last = await _pipeline.ExecuteOutcomeAsync(
                    async (c, self) =>
                    {
                        if (first is { } known)
                        {
                            first = null;
                            return known;
                        }

                        try
                        {
                            return Outcome.FromResult(await self._handler.SendAttemptAsync(RequestOf(c), c.CancellationToken).ConfigureAwait(false));
                        }
                        catch (Exception e)
                        {
                            return Outcome.FromException<HttpResponseMessage>(e);
                        }
                    },
                    context,
                    this).ConfigureAwait(false);
                last.ThrowIfException();
                return last.Result!;
            }
            finally
            {
                ResilienceContextPool.Shared.Return(context);
            }
        }

        private static HttpRequestMessage RequestOf(ResilienceContext context)
            => context.Properties.GetValue(RequestKey, null!);

        private static bool MayHaveSucceeded(Outcome<HttpResponseMessage> outcome) => outcome switch
        {
            { Exception: { } exception } => !TransportFailure.IsNotSent(exception),
            { Result.StatusCode: (HttpStatusCode)429 } => false,
            _ => true,
        };

        private ValueTask OnRetry(OnRetryArguments<HttpResponseMessage> args)
        {
            RequestContext request = RequestContext.Get(RequestOf(args.Context));
            request.RetryDelay += args.RetryDelay;
            request.EarlierAttemptMayHaveSucceeded |= MayHaveSucceeded(args.Outcome);
            string reason = args.Outcome.Result is { } response
                ? $"the server answered {(int)response.StatusCode}"
                : "the connection failed";
            args.Outcome.Result?.Dispose();
            request.OnRetry?.Invoke(
                args.RetryDelay,
                $"{reason}; try {args.AttemptNumber + 2} of {_handler._options.MaximumRetryCount + 1L}");
            return default;
        }
    }
}
