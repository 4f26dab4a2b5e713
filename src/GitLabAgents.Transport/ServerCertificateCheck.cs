using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents.Transport;

/// <summary>
/// Trusts the user's certificate authorities in addition to the system's. Host name, dates and purpose are checked as
/// they are for any other certificate.
/// </summary>
internal sealed class ServerCertificateCheck(X509Certificate2Collection authorities)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // What a chain reports at its end when the system does not know the authority. The user vouches for that.
    private const X509ChainStatusFlags UnknownAuthority =
        X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;

    /// <summary>Checks a server's certificate; the signature is that of <see cref="HttpClientHandler"/>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="certificate">The server's certificate.</param>
    /// <param name="received">The chain that was built from what the server sent.</param>
    /// <param name="errors">The errors that the system found.</param>
    /// <returns>Whether the certificate is trusted.</returns>
    public bool IsTrusted(
        HttpRequestMessage? request,
        X509Certificate2? certificate,
        X509Chain? received,
        SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.ExtraStore.AddRange(authorities);
        if (received is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(received.ChainPolicy.ExtraStore);
            foreach (X509ChainElement element in received.ChainElements)
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }
        }

        chain.Build(certificate);
        return EndsAtAuthority(chain.ChainElements.Cast<X509ChainElement>());
    }

    // An authority of the user's is where trust begins, be it a root or not: what is above it does not matter.
    private bool EndsAtAuthority(IEnumerable<X509ChainElement> elements)
    {
        foreach (X509ChainElement element in elements)
        {
            if (element.ChainElementStatus.Any(static status => 
                (status.Status & ~UnknownAuthority) != X509ChainStatusFlags.NoError))
            {
                return false;
            }

            if (authorities.Cast<X509Certificate2>()
                .Any(authority => authority.RawData.SequenceEqual(element.Certificate.RawData)))
            {
                return true;
            }
        }

        return false;
    }
}
