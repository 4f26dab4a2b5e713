using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace GitLabAgents.Packaging;

/// <summary>
/// Writes a nupkg as the PowerShell Gallery has it: a zip with the module's files, a nuspec and the parts of the Open
/// Packaging Conventions. The same files give the same bytes: entries are in order, and bear no time.
/// </summary>
public static class Nupkg
{
    private const string Relationships = "http://schemas.openxmlformats.org/package/2006/relationships";
    private const string ContentTypes = "http://schemas.openxmlformats.org/package/2006/content-types";
    private const string CoreProperties = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties";
    private const string Elements = "http://purl.org/dc/elements/1.1/";

    private static readonly DateTimeOffset NoTime = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes the package.</summary>
    /// <param name="nuspec">What the package says of itself.</param>
    /// <param name="files">Name in the package, with slashes, and content of each file.</param>
    /// <param name="path">Where the package goes.</param>
    public static void Write(Nuspec nuspec, IReadOnlyDictionary<string, byte[]> files, string path)
    {
        var parts = new SortedDictionary<string, byte[]>(StringComparer.Ordinal) { [$"{nuspec.Id}.nuspec"] = nuspec.ToBytes() };
        foreach ((string name, byte[] content) in files)
        {
            parts.Add(name, content);
        }

        // Named after what is in the package, as NuGet does.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, byte[] content) in parts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(content);
        }

        string properties = $"package/services/metadata/core-properties/{Convert.ToHexStringLower(hash.GetHashAndReset())[..32]}.psmdcp";
        parts.Add(properties, Properties(nuspec));
        parts.Add("[Content_Types].xml", Types(parts.Keys));
        parts.Add("_rels/.rels", Links($"{nuspec.Id}.nuspec", properties));

        using FileStream stream = File.Create(path);
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create);
        foreach ((string name, byte[] content) in parts)
        {
            ZipArchiveEntry entry = zip.CreateEntry(name, CompressionLevel.Optimal);
            entry.LastWriteTime = NoTime;
            entry.ExternalAttributes = Convert.ToInt32("100644", 8) << 16; // An ordinary file, readable by all.
            using Stream target = entry.Open();
            target.Write(content);
        }
    }

    /// <summary>Gives the document as bytes that do not depend on the machine.</summary>
    /// <param name="root">The root of the document.</param>
    /// <returns>UTF-8 with \n.</returns>
    internal static byte[] ToBytes(XElement root)
        => Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{root.ToString().ReplaceLineEndings("\n")}\n");

    private static byte[] Links(string nuspec, string properties)
    {
        XNamespace ns = Relationships;
        return ToBytes(new XElement(
            ns + "Relationships",
            Link("http://schemas.microsoft.com/packaging/2010/07/manifest", nuspec, "R1"),
            Link($"{Relationships}/metadata/core-properties", properties, "R2")));

        XElement Link(string type, string target, string id)
            => new(ns + "Relationship", new XAttribute("Type", type), new XAttribute("Target", $"/{target}"), new XAttribute("Id", id));
    }

    private static byte[] Types(IEnumerable<string> names)
    {
        XNamespace ns = ContentTypes;
        var types = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["rels"] = "application/vnd.openxmlformats-package.relationships+xml",
            ["psmdcp"] = "application/vnd.openxmlformats-package.core-properties+xml",
        };
        var bare = new List<string>();
        foreach (string name in names)
        {
            string extension = Path.GetExtension(name).TrimStart('.');
            if (extension.Length == 0)
            {
                bare.Add(name);
            }
            else
            {
                types.TryAdd(extension, "application/octet");
            }
        }

        return ToBytes(new XElement(
            ns + "Types",
            types.Select(t => new XElement(ns + "Default", new XAttribute("Extension", t.Key), new XAttribute("ContentType", t.Value))),
            bare.Select(name => new XElement(ns + "Override", new XAttribute("PartName", $"/{name}"), new XAttribute("ContentType", "application/octet")))));
    }

    private static byte[] Properties(Nuspec nuspec)
    {
        XNamespace ns = CoreProperties;
        XNamespace dc = Elements;
        return ToBytes(new XElement(
            ns + "coreProperties",
            new XAttribute(XNamespace.Xmlns + "dc", Elements),
            new XElement(dc + "creator", nuspec.Authors),
            new XElement(dc + "description", nuspec.Description),
            new XElement(dc + "identifier", nuspec.Id),
            new XElement(ns + "version", nuspec.Version),
            new XElement(ns + "keywords", string.Join(' ', nuspec.Tags))));
    }
}
