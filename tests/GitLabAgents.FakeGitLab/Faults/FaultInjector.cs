using System;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.FakeGitLab;

/// <summary>Applies a fault to a request.</summary>
internal static class FaultInjector
{
    public static async Task InjectAsync(Fault fault, HttpExchange exchange, Func<ApiResponse> act)
    {
        ApiResponse? usual = fault.When == FaultMoment.AfterAction ? act() : null;
        if (fault.Kind != FaultKind.SlowBody && fault.Wait > TimeSpan.Zero)
        {
            await Task.Delay(fault.Wait, exchange.Ending);
        }

        switch (fault.Kind)
        {
            case FaultKind.Status:
                await exchange.SendAsync(Create(fault), fault.Headers);
                break;
            case FaultKind.Garbage:
                await exchange.SendGarbageAsync(Create(fault), fault.Length);
                break;
            case FaultKind.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, exchange.Ending);
                break;
            case FaultKind.Reset:
                await exchange.BreakAsync(reset: true);
                break;
            case FaultKind.CloseWithoutResponse:
                await exchange.BreakAsync(reset: false);
                break;
            case FaultKind.Truncate:
                await exchange.SendHalfAsync(usual ?? act(), announceLength: true, reset: false);
                break;
            case FaultKind.ResetMidBody:
                await exchange.SendHalfAsync(usual ?? act(), announceLength: false, reset: true);
                break;
            case FaultKind.SlowBody:
                await exchange.SendSlowlyAsync(usual ?? act(), fault.Wait);
                break;
            default:
                await exchange.SendAsync(usual ?? act(), fault.Headers);
                break;
        }
    }

    private static ApiResponse Create(Fault fault) => new()
    {
        Status = fault.StatusCode,
        ContentType = fault.ContentType,
        Body = fault.Content,
    };
}
