namespace GitLabAgents.FakeGitLab;

/// <summary>What a fault does.</summary>
public enum FaultKind
{
    /// <summary>Responds with a status, headers and a body of its own.</summary>
    Status,

    /// <summary>Responds as usual, but late.</summary>
    Delay,

    /// <summary>Never responds: until the client disconnects, or the server is disposed.</summary>
    Hang,

    /// <summary>Resets the TCP connection (RST).</summary>
    Reset,

    /// <summary>Closes the TCP connection (FIN) without a response.</summary>
    CloseWithoutResponse,

    /// <summary>Announces the whole body, sends half of it and closes.</summary>
    Truncate,

    /// <summary>Sends the body slowly, in pieces.</summary>
    SlowBody,

    /// <summary>Sends the head and some of a chunked body, then resets the connection.</summary>
    ResetMidBody,

    /// <summary>Streams garbage, chunked, with status 200.</summary>
    Garbage,

    /// <summary>Responds as usual, with some headers missing or changed.</summary>
    ChangeHeaders,
}

/// <summary>Whether the server does what it was asked before the fault strikes.</summary>
public enum FaultMoment
{
    /// <summary>The state stays as it was (unless the kind needs the usual response).</summary>
    BeforeAction,

    /// <summary>The server acts on its state, then fails.</summary>
    AfterAction,
}

/// <summary>A response of something that is not GitLab, such as a proxy, a firewall or a portal.</summary>
public enum ForeignResponse
{
    /// <summary>An HTML sign-in page, usually with 200, but also with 401, 403, 404, 405 or 502.</summary>
    SignInPage,

    /// <summary>A redirect (302) to a sign-in page on another host.</summary>
    SignInRedirect,

    /// <summary>A proxy's HTML error page (502).</summary>
    ErrorPage,

    /// <summary><c>{"status":"ok"}</c> (200).</summary>
    StatusOk,

    /// <summary><c>{"code":404}</c> (404).</summary>
    Code,

    /// <summary><c>{"fault":{"faultstring":"…"}}</c>, as API gateways write it (403).</summary>
    GatewayFault,

    /// <summary>An empty body without a content type (200).</summary>
    Empty,

    /// <summary>JSON that ends in the middle (200).</summary>
    TruncatedJson,
}
