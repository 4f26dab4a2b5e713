using System.Text.Json;

namespace GitLabAgents.FakeGitLab.Control;

/// <summary>Changes the options of a running server.</summary>
internal static class OptionsReader
{
    public static void Read(JsonElement json, FakeGitLabOptions options)
    {
        options.Latency = json.Milliseconds("latencyMs") ?? options.Latency;
        options.Version = json.Text("version") ?? options.Version;
        options.IsEnterprise = json.Get("isEnterprise")?.GetBoolean() ?? options.IsEnterprise;
        options.KasEnabled = json.Get("kasEnabled")?.GetBoolean() ?? options.KasEnabled;
        options.KasExternalUrl = json.Text("kasExternalUrl") ?? options.KasExternalUrl;
        options.ReceptiveAgents = json.Word<ReceptiveAgents>("receptiveAgents") ?? options.ReceptiveAgents;
        options.GraphQL = json.Word<GraphQL>("graphQL") ?? options.GraphQL;
        options.GraphQLPageSize = json.Integer("graphQLPageSize") ?? options.GraphQLPageSize;
        options.KasReachable = json.Get("kasReachable")?.GetBoolean() ?? options.KasReachable;
        options.TellsRevokedTokens = json.Get("tellsRevokedTokens")?.GetBoolean() ?? options.TellsRevokedTokens;
        options.TellsPermissions = json.Get("tellsPermissions")?.GetBoolean() ?? options.TellsPermissions;
        options.SendTotals = json.Get("sendTotals")?.GetBoolean() ?? options.SendTotals;
        options.TotalsLimit = json.Integer("totalsLimit") ?? options.TotalsLimit;
        options.ExternalUrl = json.Text("externalUrl") ?? options.ExternalUrl;
        options.OldServer = json.Get("oldServer")?.GetBoolean() ?? options.OldServer;
        options.CertificateEncoding = json.Word<CertificateEncoding>("certificateEncoding") ?? options.CertificateEncoding;
        options.OAuthSelfStatus = json.Integer("oauthSelfStatus") ?? options.OAuthSelfStatus;
        options.UserIdsAsStrings = json.Get("userIdsAsStrings")?.GetBoolean() ?? options.UserIdsAsStrings;
        options.RecordRequests = json.Get("recordRequests")?.GetBoolean() ?? options.RecordRequests;
    }
}
