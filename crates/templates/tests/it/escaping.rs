//! HTML and JSON escaping.

use squall_templates::{context, html};

use crate::folder::Folder;

#[test]
fn values_cannot_inject_markup() {
    for (template, value, wanted) in [
        (
            "<p>{{ v }}</p>",
            "<script>alert(1)</script>",
            "<p>&lt;script&gt;alert(1)&lt;&#x2f;script&gt;</p>",
        ),
        (
            "<a title=\"{{ v }}\">",
            "\" onclick=\"x()",
            "<a title=\"&quot; onclick=&quot;x()\">",
        ),
        (
            "<a title='{{ v }}'>",
            "' onclick='x()",
            "<a title='&#x27; onclick=&#x27;x()'>",
        ),
        ("{{ v }}", "&lt;", "&amp;lt;"),
        (
            "{{ v }}",
            "{{ 7*7 }}{% include 'x' %}",
            "{{ 7*7 }}{% include &#x27;x&#x27; %}",
        ),
        ("{{ '<b>' ~ v }}", "<i>", "&lt;b&gt;&lt;i&gt;"),
        ("{{ v|upper }}", "<i>", "&lt;I&gt;"),
        ("{{ [v]|join('<br>') }}", "<i>", "&lt;i&gt;"),
        ("{{ v|e }}", "<i>", "&lt;i&gt;"),
        ("{{ v|safe }}", "<i>", "<i>"),
        ("{{ bold() }}", "", "<b>"),
        (
            "{{ '<b>%s</b>'|safe|format(v) }}",
            "<i>",
            "<b>&lt;i&gt;</b>",
        ),
        (
            "{{ '<b>%(v)s</b>'|format(v=v) }}",
            "<i>",
            "&lt;b&gt;&lt;i&gt;&lt;&#x2f;b&gt;",
        ),
        (
            "{{ {'k': v} }}",
            "<i>",
            "{&#x27;k&#x27;: &#x27;&lt;i&gt;&#x27;}",
        ),
        ("{% set w = v %}{{ w }}", "<i>", "&lt;i&gt;"),
        (
            "{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}{{ m(v) }}",
            "<i>",
            "<b>&lt;i&gt;</b>",
        ),
        (
            "<script>x = {{ v|tojson }};</script>",
            "</script><!--'\"&\u{2028}",
            "<script>x = \"\\u003c/script\\u003e\\u003c!--\\u0027\\\"\\u0026\u{2028}\";</script>",
        ),
        (
            "<a data-x='{{ {'k': v}|tojson }}'>",
            "'<",
            "<a data-x='{\"k\": \"\\u0027\\u003c\"}'>",
        ),
        (
            "<a href=\"?q={{ v|urlencode }}\">",
            "a&b=\"c d",
            "<a href=\"?q=a%26b%3D%22c%20d\">",
        ),
    ] {
        let folder = Folder::new(&[("page.html", template)]);
        let templates = folder.templates().function("bold", || html("<b>"));
        let page = templates.render("page.html", context! { v => value });
        assert_eq!(page.unwrap(), wanted, "{template}");
    }
}

#[test]
fn all_files_except_plain_text_are_escaped() {
    for (name, wanted) in [
        ("page.html", "&lt;&quot;&gt;"),
        ("page.htm", "&lt;&quot;&gt;"),
        ("page.xml", "&lt;&quot;&gt;"),
        ("page.svg", "&lt;&quot;&gt;"),
        ("page.xhtml", "&lt;&quot;&gt;"),
        ("page.HTML", "&lt;&quot;&gt;"),
        ("page.tpl", "&lt;&quot;&gt;"),
        ("page", "&lt;&quot;&gt;"),
        ("txt", "&lt;&quot;&gt;"),
        ("page.txt.html", "&lt;&quot;&gt;"),
        ("page.html.j2", "&lt;&quot;&gt;"),
        ("page.j2", "&lt;&quot;&gt;"),
        ("page.txt", "<\">"),
        ("page.txt.jinja", "<\">"),
        ("page.json", r#""<\">""#),
        ("page.js", r#""<\">""#),
    ] {
        let folder = Folder::new(&[(name, "{{ v }}")]);
        let page = folder.templates().render(name, context! { v => "<\">" });
        assert_eq!(page.unwrap(), wanted, "{name}");
    }
}
