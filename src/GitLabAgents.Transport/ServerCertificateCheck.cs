using System.Linq;
using System.Net.Http;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents.Transport;

/// <summary>Trusts certificate authorities of the user's besides the system's. Host name and dates are checked as ever.</summary>
internal sealed class ServerCertificateCheck(X509Certificate2Collection roots)
{
    /// <summary>Decides on a server's certificate; the signature is <see cref="HttpClientHandler"/>'s.</summary>
    /// <param name="request">The request.</param>
    /// <param name="certificate">The server's certificate.</param>
    /// <param name="sent">The chain that was built, with what the server sent.</param>
    /// <param name="errors">What the system finds wrong.</param>
    /// <returns>Whether the certificate is trusted.</returns>
    public bool IsTrusted(HttpRequestMessage request, X509Certificate2? certificate, X509Chain? sent, SslPolicyErrors errors)
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
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        chain.ChainPolicy.ExtraStore.AddRange(roots);
        if (sent is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
            foreach (X509ChainElement element in sent.ChainElements)
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }
        }

        // The flag above forgives an unknown authority; so the end of the chain must be one of the user's, to the byte.
        return chain.Build(certificate)
            && chain.ChainElements.Count > 0
            && roots.Cast<X509Certificate2>().Any(root =>
                root.RawData.SequenceEqual(chain.ChainElements[chain.ChainElements.Count - 1].Certificate.RawData));
    }
}
