using System.Net.Http;

namespace GitLabAgents.Transport;

/// <summary>
/// The exception for a connection that broke before the body of the request was written to it, such as one that a proxy
/// closes instead of connecting to the server.
/// </summary>
/// <param name="inner">The exception that <see cref="HttpClient"/> threw.</param>
internal sealed class RequestNotSentException(HttpRequestException inner) : HttpRequestException(inner.Message, inner);
