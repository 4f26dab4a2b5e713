using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace GitLabAgents.Build.Packaging;

/// <summary>
/// Writes a .nupkg as the PowerShell Gallery distributes it: a ZIP archive of the module's files, a .nuspec and the
/// parts of the Open Packaging Conventions. The output is reproducible: entries are sorted and have a fixed time.
/// </summary>
public static class Nupkg
{
    private const string Relationships = "http://schemas.openxmlformats.org/package/2006/relationships";
    private const string ContentTypes = "http://schemas.openxmlformats.org/package/2006/content-types";
    private const string CoreProperties = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties";
    private const string DublinCore = "http://purl.org/dc/elements/1.1/";
    private const string Binary = "application/octet";

    private static readonly DateTimeOffset FixedTime = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes the package.</summary>
    /// <param name="nuspec">The metadata of the package.</param>
    /// <param name="files">The content of each file, by its path in the package.</param>
    /// <param name="path">The path of the package.</param>
    public static void Write(Nuspec nuspec, IReadOnlyDictionary<string, byte[]> files, string path)
    {
        var parts = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach ((string name, byte[] content) in files)
        {
            parts.Add(name, content);
        }

        parts.Add($"{nuspec.Id}.nuspec", nuspec.ToBytes());

        // NuGet names this part after the content of the package.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, byte[] content) in parts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(content);
        }

        string id = Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
        string properties = $"package/services/metadata/core-properties/{id}.psmdcp";
        parts.Add(properties, CreateCoreProperties(nuspec));
        parts.Add("[Content_Types].xml", CreateContentTypes(parts.Keys));
        parts.Add("_rels/.rels", CreateRelationships($"{nuspec.Id}.nuspec", properties));

        using FileStream stream = File.Create(path);
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create);
        foreach ((string name, byte[] content) in parts)
        {
            ZipArchiveEntry entry = zip.CreateEntry(name, CompressionLevel.Optimal);
            entry.LastWriteTime = FixedTime;
            entry.ExternalAttributes = Convert.ToInt32("100644", 8) << 16; // A regular file that everyone can read.
            using Stream target = entry.Open();
            target.Write(content);
        }
    }

    /// <summary>Encodes a document in the same way on every machine.</summary>
    /// <param name="root">The root element.</param>
    /// <returns>UTF-8 with \n line endings.</returns>
    internal static byte[] ToBytes(XElement root)
    {
        const string Declaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
        return Encoding.UTF8.GetBytes($"{Declaration}\n{root.ToString().ReplaceLineEndings("\n")}\n");
    }

    private static byte[] CreateRelationships(string nuspec, string properties)
    {
        XNamespace ns = Relationships;
        return ToBytes(new XElement(
            ns + "Relationships",
            CreateRelationship("http://schemas.microsoft.com/packaging/2010/07/manifest", nuspec, "R1"),
            CreateRelationship($"{Relationships}/metadata/core-properties", properties, "R2")));

        XElement CreateRelationship(string type, string target, string id)
            => new(
                ns + "Relationship",
                new XAttribute("Type", type),
                new XAttribute("Target", $"/{target}"),
                new XAttribute("Id", id));
    }

    private static byte[] CreateContentTypes(IEnumerable<string> names)
    {
        XNamespace ns = ContentTypes;
        var types = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["rels"] = "application/vnd.openxmlformats-package.relationships+xml",
            ["psmdcp"] = "application/vnd.openxmlformats-package.core-properties+xml",
        };
        var withoutExtension = new List<string>();
        foreach (string name in names)
        {
            string extension = Path.GetExtension(name).TrimStart('.');
            if (extension.Length == 0)
            {
                withoutExtension.Add(name);
            }
            else
            {
                types.TryAdd(extension, Binary);
            }
        }

        return ToBytes(new XElement(
            ns + "Types",
            types.Select(type => new XElement(
                ns + "Default",
                new XAttribute("Extension", type.Key),
                new XAttribute("ContentType", type.Value))),
            withoutExtension.Select(name => new XElement(
                ns + "Override",
                new XAttribute("PartName", $"/{name}"),
                new XAttribute("ContentType", Binary)))));
    }

    private static byte[] CreateCoreProperties(Nuspec nuspec)
    {
        XNamespace ns = CoreProperties;
        XNamespace dc = DublinCore;
        return ToBytes(new XElement(
            ns + "coreProperties",
            new XAttribute(XNamespace.Xmlns + "dc", DublinCore),
            new XElement(dc + "creator", nuspec.Authors),
            new XElement(dc + "description", nuspec.Description),
            new XElement(dc + "identifier", nuspec.Id),
            new XElement(ns + "version", nuspec.Version),
            new XElement(ns + "keywords", string.Join(' ', nuspec.Tags))));
    }
}
