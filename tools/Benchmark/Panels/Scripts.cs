namespace GitLabAgents.Benchmark.Panels;

/// <summary>Statements that several panels share: what users write without the module.</summary>
internal static class Scripts
{
    /// <summary>Creates the headers with the access token for Invoke-RestMethod.</summary>
    public const string CreateHeaders = "$headers = @{ 'PRIVATE-TOKEN' = $env:GITLAB_TOKEN }";

    /// <summary>Gets the statement that creates the client of the bare loop.</summary>
    public static string CreateBareClient { get; } =
        $"""
        Import-Module '{typeof(Scripts).Assembly.Location}'
        $client = [System.Net.Http.HttpClient]::new()
        $client.DefaultRequestHeaders.Add('PRIVATE-TOKEN', $env:GITLAB_TOKEN)
        """;

    /// <summary>Creates the client of the bare loop and sends one request, as Connect-GitLab does.</summary>
    public static string ConnectBareClient(string api)
        => $"{CreateBareClient}\n$null = [GitLabAgents.Benchmark.Baseline.BareLoop]::ReadVersion($client, '{api}')";

    /// <summary>Reads a list with Invoke-RestMethod, page by page.</summary>
    public static string ReadPages(string url, string variable, string parameters = "") =>
        $$"""
        $page = 1
        {{variable}} = @(while ($page) {
            $uri = "{{url}}?{{parameters}}per_page=100&page=$page"
            Invoke-RestMethod $uri -Headers $headers -ResponseHeadersVariable response | Write-Output
            $page = $response['X-Next-Page'][0]
        })
        """;
}
