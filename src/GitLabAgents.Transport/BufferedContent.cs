using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Threading.Tasks;

namespace GitLabAgents.Transport;

/// <summary>
/// A response's body in memory. Unlike <see cref="ByteArrayContent"/> it hands out its own array, so that a body that
/// holds a secret can be cleared.
/// </summary>
internal sealed class BufferedContent : HttpContent
{
    /// <summary>Initializes a new instance of the <see cref="BufferedContent"/> class.</summary>
    /// <param name="buffer">The body.</param>
    /// <param name="original">The content whose headers to copy, or <see langword="null"/>.</param>
    public BufferedContent(ArraySegment<byte> buffer, HttpContent? original)
    {
        Buffer = buffer;
        if (original is not null)
        {
            foreach (KeyValuePair<string, IEnumerable<string>> header in original.Headers)
            {
                Headers.TryAddWithoutValidation(header.Key, header.Value);
            }
        }
    }

    /// <summary>Gets the body.</summary>
    public ArraySegment<byte> Buffer { get; }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => stream.WriteAsync(Buffer.Array!, Buffer.Offset, Buffer.Count);

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = Buffer.Count;
        return true;
    }
}
