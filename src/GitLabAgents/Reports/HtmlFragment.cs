using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace GitLabAgents.Reports;

/// <summary>Creates HTML as LINQ to XML elements, which encode all text and attribute values.</summary>
internal static class HtmlFragment
{
    private static readonly XmlWriterSettings Settings = new()
    {
        CheckCharacters = false, // A noncharacter in a name becomes a character reference, not an exception.
        ConformanceLevel = ConformanceLevel.Fragment,
        NewLineHandling = NewLineHandling.None,
        OmitXmlDeclaration = true,
    };

    /// <summary>Creates an element.</summary>
    /// <param name="name">The name.</param>
    /// <param name="content">Attributes, elements, and text, which may come from a server.</param>
    public static XElement Element(string name, params object?[] content)
    {
        var element = new XElement(name, content.Select(Sanitize));
        if (element.IsEmpty)
        {
            element.Value = string.Empty; // HTML ignores the slash of <td/>.
        }

        return element;
    }

    /// <summary>Creates an attribute.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value, which may come from a server.</param>
    public static XAttribute Attribute(string name, object value)
        => new(name, DisplayText.Sanitize(Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty));

    /// <summary>Creates the attribute for CSS classes.</summary>
    public static XAttribute Class(string names) => Attribute("class", names);

    /// <summary>Creates an element for a name, so that its direction does not affect the text around it.</summary>
    public static XElement Name(string name) => Element("bdi", name);

    /// <summary>Returns the HTML of elements.</summary>
    public static string ToHtml(params IEnumerable<XElement> elements)
    {
        var html = new StringBuilder();
        using (var writer = XmlWriter.Create(html, Settings))
        {
            foreach (XElement element in elements)
            {
                element.WriteTo(writer);
                writer.WriteString("\n");
            }
        }

        return html.ToString();
    }

    private static object? Sanitize(object? part) => part switch
    {
        string text => DisplayText.Sanitize(text),
        IEnumerable<object?> parts => parts.Select(Sanitize),
        _ => part,
    };
}
