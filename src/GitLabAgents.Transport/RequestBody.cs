using System.IO;
using System.Net;
using System.Net.Http;
using System.Threading.Tasks;

namespace GitLabAgents.Transport;

/// <summary>
/// The body of a request, which notes when it is written to a connection: before that, the server cannot have processed
/// the request, whatever broke.
/// </summary>
/// <param name="body">The body. It is not copied.</param>
/// <param name="context">The context of the request.</param>
internal sealed class RequestBody(byte[] body, RequestContext context) : HttpContent
{
    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? transportContext)
    {
        context.IsBodyWritten = true;
        return stream.WriteAsync(body, 0, body.Length);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
