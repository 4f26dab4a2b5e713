using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace GitLabAgents.Build.Help;

/// <summary>Writes the pages of the cmdlets as MAML, the XML that <c>Get-Help</c> reads.</summary>
internal static class MamlWriter
{
    private static readonly XNamespace Msh = "http://msh";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    /// <summary>Writes the help file.</summary>
    public static string Write(IEnumerable<CommandPage> pages)
    {
        var document = new XDocument(
            new XComment(" Written by tools/Build from docs/en-US. Edit the pages there. "),
            new XElement(Msh + "helpItems", new XAttribute("schema", "maml"), pages.Select(CreateCommand)));
        var text = new StringBuilder();
        var settings = new XmlWriterSettings { Indent = true, NewLineChars = "\n", OmitXmlDeclaration = true };
        using (var writer = XmlWriter.Create(text, settings))
        {
            document.WriteTo(writer);
        }

        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + text + "\n";
    }

    private static XElement CreateCommand(CommandPage page)
        => new(
            Command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", Maml),
            new XAttribute(XNamespace.Xmlns + "command", Command),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XElement(
                Command + "details",
                new XElement(Command + "name", page.Name),
                new XElement(Command + "verb", page.Name.Split('-')[0]),
                new XElement(Command + "noun", page.Name.Split('-')[1]),
                CreateParagraphs(Maml + "description", [page.Synopsis])),
            CreateParagraphs(Maml + "description", page.Description),
            new XElement(Command + "syntax", page.Syntax.Select(syntax => CreateSyntaxItem(page, syntax.Set))),
            new XElement(
                Command + "parameters",
                page.Parameters
                    .OrderBy(static parameter => parameter.Name, StringComparer.Ordinal)
                    .Select(static parameter => CreateParameter(parameter, parameter.Attributes[0], inSyntax: false))),
            new XElement(Command + "inputTypes", page.Inputs.Select(static type => CreateType("inputType", type))),
            new XElement(Command + "returnValues", page.Outputs.Select(static type => CreateType("returnValue", type))),
            new XElement(Maml + "alertSet", CreateParagraphs(Maml + "alert", page.Notes)),
            new XElement(Command + "examples", page.Examples.Select(CreateExample)),
            new XElement(Command + "relatedLinks", CreateLinks(page)));

    private static XElement CreateSyntaxItem(CommandPage page, string set)
        => new(
            Command + "syntaxItem",
            new XElement(Maml + "name", page.Name),
            page.GetParametersOf(set).Select(static p => CreateParameter(p.Parameter, p.Attributes, inSyntax: true)));

    private static XElement CreateParameter(ParameterEntry parameter, ParameterAttributes attributes, bool inSyntax)
    {
        bool isArray = attributes.Type.EndsWith("[]", StringComparison.Ordinal);
        var element = new XElement(
            Command + "parameter",
            new XAttribute("required", FormatBoolean(attributes.IsRequired)),
            new XAttribute("variableLength", FormatBoolean(isArray)),
            new XAttribute("globbing", FormatBoolean(attributes.AcceptsWildcards)),
            new XAttribute("pipelineInput", attributes.PipelineInput),
            new XAttribute("position", attributes.PositionText),
            new XAttribute("aliases", attributes.AliasText),
            new XElement(Maml + "name", parameter.Name),
            CreateParagraphs(Maml + "description", parameter.Description));
        if (inSyntax && attributes.AcceptedValues.Count > 0)
        {
            element.Add(new XElement(
                Command + "parameterValueGroup",
                attributes.AcceptedValues.Select(static value => CreateValue(value, isRequired: false))));
        }

        // A syntax line shows no value for a switch.
        if (!inSyntax || !attributes.IsSwitch)
        {
            element.Add(CreateValue(attributes.Type, isRequired: !attributes.IsSwitch));
        }

        element.Add(
            new XElement(Dev + "type", new XElement(Maml + "name", attributes.Type), new XElement(Maml + "uri")),
            new XElement(Dev + "defaultValue", attributes.DefaultValue));
        return element;
    }

    private static XElement CreateValue(string value, bool isRequired)
        => new(
            Command + "parameterValue",
            new XAttribute("required", FormatBoolean(isRequired)),
            new XAttribute("variableLength", "false"),
            value);

    private static XElement CreateType(string element, TypeEntry type)
        => new(
            Command + element,
            new XElement(Dev + "type", new XElement(Maml + "name", type.Name)),
            CreateParagraphs(Maml + "description", type.Description));

    private static XElement CreateExample(Example example)
        => new(
            Command + "example",
            new XElement(Maml + "title", FormatTitle(example.Title)),
            // Get-Help writes no empty line between the paragraphs of an introduction, nor after it.
            example.Introduction.Count == 0
                ? null
                : CreateParagraphs(Maml + "introduction", [string.Join("\n\n", example.Introduction) + "\n\n"]),
            new XElement(Dev + "code", example.Code),
            CreateParagraphs(Dev + "remarks", [.. example.Remarks, string.Empty, string.Empty]));

    private static string FormatTitle(string title)
    {
        string line = new('-', Math.Max(3, (72 - title.Length) / 2));
        return $"{line} {title} {line}";
    }

    private static IEnumerable<XElement> CreateLinks(CommandPage page)
        => page.Links
            .Where(link => link.Url != page.OnlineVersion)
            .Prepend((Text: "Online Version:", Url: page.OnlineVersion))
            .Select(static link => new XElement(
                Maml + "navigationLink",
                new XElement(Maml + "linkText", link.Text),
                new XElement(Maml + "uri", link.Url)));

    private static XElement CreateParagraphs(XName name, IReadOnlyList<string> texts)
        => new(name, texts.Select(static text => new XElement(Maml + "para", text)));

    private static string FormatBoolean(bool value) => value ? "true" : "false";
}
