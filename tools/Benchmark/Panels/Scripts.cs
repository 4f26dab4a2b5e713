namespace GitLabAgents.Benchmark.Panels;

/// <summary>What people write without the module, as several panels need it.</summary>
internal static class Scripts
{
    /// <summary>Headers for Invoke-RestMethod, which know the access token.</summary>
    public const string Headers = "$headers = @{ 'PRIVATE-TOKEN' = $env:GITLAB_TOKEN }";

    /// <summary>Makes the client of the bare loop.</summary>
    public static string BareClient { get; } =
        $"""
        Import-Module '{Repository.FindBuilt("tools/Benchmark/Baselines/BareLoop", "net8.0", "BareLoop")}'
        $client = [System.Net.Http.HttpClient]::new()
        $client.DefaultRequestHeaders.Add('PRIVATE-TOKEN', $env:GITLAB_TOKEN)
        """;

    /// <summary>Makes the client of the bare loop, and has it read one answer, as Connect-GitLab does.</summary>
    public static string ConnectedBareClient(string api)
        => $"{BareClient}\n$null = [GitLabAgents.Benchmark.Baselines.BareLoop]::ReadVersion($client, '{api}')";

    /// <summary>Reads a list with Invoke-RestMethod, page by page.</summary>
    public static string ReadPages(string url, string variable) =>
        $$"""
        $page = 1
        {{variable}} = @(while ($page) {
            Invoke-RestMethod "{{url}}?per_page=100&page=$page" -Headers $headers -ResponseHeadersVariable answer | Write-Output
            $page = $answer['X-Next-Page'][0]
        })
        """;
}
