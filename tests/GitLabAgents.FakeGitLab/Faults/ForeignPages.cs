using System.Globalization;

namespace GitLabAgents.FakeGitLab;

/// <summary>Pages that something other than GitLab sends: proxies, firewalls and sign-in portals.</summary>
internal static class ForeignPages
{
    /// <summary>A proxy's error page.</summary>
    public static string Block(int status)
    {
        string title = string.Create(CultureInfo.InvariantCulture, $"{status} {Reason(status)}");
        return $"<html>\r\n<head><title>{title}</title></head>\r\n<body><h1>{title}</h1></body>\r\n</html>\r\n";
    }

    /// <summary>A portal's sign-in page.</summary>
    public static string SignIn => """
        <!DOCTYPE html>
        <html><head><title>Sign in</title></head>
        <body><form action="/login" method="post"><input name="user"><input name="password"></form></body>
        </html>
        """;

    private static string Reason(int status) => status switch
    {
        200 => "OK",
        401 => "Authorization Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        502 => "Bad Gateway",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        _ => "Error",
    };
}
