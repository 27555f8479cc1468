//! HTML page. All dynamic text is escaped by [`Html::text`].

use crate::page::{
    markdown,
    report::{Call, Report, Section, Table, code_parts, libraries},
    rust::{Kind, tokens},
};

/// An HTML buffer: `raw` takes only literals, everything else is escaped.
struct Html(String);

impl Html {
    fn raw(&mut self, literal: &'static str) -> &mut Self {
        self.0.push_str(literal);
        self
    }

    /// Appends text, or the value of a double-quoted attribute.
    fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    fn number(&mut self, number: impl Into<u64>) -> &mut Self {
        self.text(&number.into().to_string())
    }
}

/// A longer title gets a smaller font.
const LONG_TITLE: usize = 120;

pub(super) fn render(report: &Report, nonce: &str) -> String {
    let mut html = Html(String::with_capacity(64 << 10));
    let h = &mut html;
    h.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    h.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    h.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    h.raw("<title>").text(&report.title).raw("</title>\n");
    h.raw("<style nonce=\"").text(nonce).raw("\">\n");
    h.raw(include_str!("page.css"))
        .raw("</style>\n</head>\n<body>\n");
    header(h, report);
    h.raw("<main>\n");
    error(h, report);
    report.tables.iter().for_each(|one| table(h, one));
    if report.has_failure {
        traceback(h, report);
    }
    metadata(h, &report.sections);
    markdown_copy(h, report);
    h.raw("</main>\n<footer><p>");
    if let Some(id) = &report.id {
        h.raw("Request id <code>").text(id);
        h.raw("</code>: find this request in the log by it. ");
    }
    h.raw("This page is only visible on the server's own machine with ");
    h.raw("<code>serve_traceback</code>; other clients get the ");
    h.raw(match report.is_refusal {
        true => "response of the application.",
        false => "status and the request id.",
    });
    h.raw("</p></footer>\n");
    h.raw("<script nonce=\"").text(nonce).raw("\">\n");
    h.raw(include_str!("page.js")).raw("</script>\n");
    h.raw("</body>\n</html>\n");
    html.0
}

fn header(h: &mut Html, report: &Report) {
    h.raw("<header>\n<p class=\"request\"><strong class=\"status\">");
    h.text(&report.status.to_string())
        .raw("</strong> <span class=\"target\"><b>");
    h.text(&report.method).raw("</b> ").text(&report.target);
    h.raw("</span></p>\n<p class=\"tools\" hidden><span id=\"said\" role=\"status\"></span> <button type=\"button\" id=\"unfold\" aria-pressed=\"false\">");
    h.raw("Unfold all</button> <button type=\"button\" id=\"copy\">Copy as Markdown</button>");
    h.raw("</p>\n</header>\n");
}

fn error(h: &mut Html, report: &Report) {
    h.raw("<section class=\"what\" aria-labelledby=\"title\">\n<p class=\"kind\">");
    h.text(&report.kind).raw("</p>\n<h1 id=\"title\"");
    if report.title.chars().count() > LONG_TITLE || report.title.contains('\n') {
        h.raw(" class=\"long\"");
    }
    h.raw(">").text(&report.title).raw("</h1>\n");
    if !report.causes.is_empty() {
        h.raw("<ol class=\"causes\">\n");
        for cause in &report.causes {
            h.raw("<li><span>caused by</span> ")
                .text(cause)
                .raw("</li>\n");
        }
        h.raw("</ol>\n");
    }
    if let Some(field) = &report.field {
        h.raw("<p class=\"field\">Field <code>")
            .text(field)
            .raw("</code></p>\n");
    }
    if !report.advice.is_empty() {
        h.raw("<ul class=\"advice\">\n");
        for advice in &report.advice {
            h.raw("<li>");
            for (part, is_code) in code_parts(advice) {
                match is_code {
                    true => h.raw("<code>").text(part).raw("</code>"),
                    false => h.text(part),
                };
            }
            h.raw("</li>\n");
        }
        h.raw("</ul>\n");
    }
    h.raw("</section>\n");
}

fn table(h: &mut Html, table: &Table) {
    h.raw("<section>\n<h2>").text(&table.title);
    h.raw("</h2>\n<dl class=\"table\">\n");
    for (name, value, mark) in &table.rows {
        h.raw(match mark {
            Some(_) => "<div class=\"marked\"><dt>",
            None => "<div><dt>",
        });
        h.text(name);
        if let Some(mark) = mark {
            h.raw(" <b>").text(mark).raw("</b>");
        }
        h.raw("</dt><dd>").text(value).raw("</dd></div>\n");
    }
    h.raw("</dl>\n");
    if table.hidden > 0 {
        h.raw("<p class=\"none\">… ").number(table.hidden as u64);
        h.raw(" more</p>\n");
    }
    h.raw("</section>\n");
}

fn traceback(h: &mut Html, report: &Report) {
    h.raw("<section aria-labelledby=\"traceback\">\n<h2 id=\"traceback\">Traceback</h2>\n");
    report
        .snippets
        .iter()
        .for_each(|snippet| call(h, snippet, true));
    stack(h, report);
    h.raw("</section>\n");
}

fn stack(h: &mut Html, report: &Report) {
    if report.calls.is_empty() {
        h.raw("<p class=\"none\">No backtrace available.</p>\n");
    }
    for calls in report.call_groups() {
        if calls[0].library.is_none() {
            calls.iter().for_each(|one| call(h, one, true));
            continue;
        }
        h.raw("<details class=\"libraries\">\n<summary>")
            .number(calls.len() as u64);
        h.raw(if calls.len() == 1 {
            " frame in "
        } else {
            " frames in "
        });
        h.raw("<b>").text(&libraries(calls)).raw("</b></summary>\n");
        calls.iter().for_each(|one| call(h, one, false));
        h.raw("</details>\n");
    }
}

fn call(h: &mut Html, call: &Call, is_open: bool) {
    let has_source = !call.excerpt.lines.is_empty();
    h.raw(match (has_source, is_open) {
        (true, true) => "<details class=\"call\" open>\n<summary>",
        (true, false) => "<details class=\"call\">\n<summary>",
        (false, _) => "<div class=\"call bare\">\n",
    });
    h.raw("<span class=\"name\">").text(&call.name);
    if call.is_async {
        h.raw(" <i>async</i>");
    }
    h.raw("</span>");
    if let Some(at) = &call.at {
        h.raw(" <span class=\"at\">")
            .text(&at.file)
            .raw("<b>:")
            .number(at.line)
            .raw("</b></span>");
    }
    if !has_source {
        h.raw("\n</div>\n");
        return;
    }
    h.raw("</summary>\n");
    source(h, call);
    h.raw("</details>\n");
}

fn source(h: &mut Html, call: &Call) {
    h.raw("<div class=\"source\">\n");
    let link = call.at.as_ref().and_then(|at| at.link.as_deref());
    if let Some(link) = link {
        h.raw("<a class=\"edit\" href=\"")
            .text(link)
            .raw("\">Open in editor</a>\n");
    }
    if call.is_newer {
        h.raw(
            "<p class=\"newer\">This file is newer than the program; lines may be shifted.</p>\n",
        );
    }
    h.raw("<pre tabindex=\"0\" role=\"region\" aria-label=\"Source of ")
        .text(&call.name)
        .raw("\"><code>");
    let is_rust = call.at.as_ref().is_some_and(|at| at.file.ends_with(".rs"));
    for (number, line) in call.excerpt.numbered() {
        h.raw(if number == call.excerpt.line {
            "<mark class=\"line\" aria-current=\"true\"><i>"
        } else {
            "<span class=\"line\"><i>"
        });
        h.number(number).raw("</i>");
        if is_rust {
            tokens(line).for_each(|(kind, token)| coloured(h, kind, token));
        } else {
            h.text(line);
        }
        h.raw("\n");
        h.raw(if number == call.excerpt.line {
            "</mark>"
        } else {
            "</span>"
        });
    }
    h.raw("</code></pre>\n</div>\n");
}

fn coloured(h: &mut Html, kind: Kind, token: &str) {
    let (begin, end) = match kind {
        Kind::Comment => ("<span class=\"c\">", "</span>"),
        Kind::Keyword => ("<span class=\"k\">", "</span>"),
        Kind::Text => ("<span class=\"t\">", "</span>"),
        Kind::Plain => ("", ""),
    };
    h.raw(begin).text(token).raw(end);
}

fn metadata(h: &mut Html, sections: &[Section]) {
    h.raw("<section class=\"about\" aria-labelledby=\"about\">\n<h2 id=\"about\">Request and process</h2>\n");
    for section in sections {
        h.raw("<div class=\"metadata\">\n<h3>")
            .text(section.title)
            .raw("</h3>\n<dl>\n");
        for (name, value) in &section.rows {
            h.raw("<div><dt>").text(name).raw("</dt><dd");
            h.raw(if value == crate::mask::MASK {
                " class=\"hidden\">"
            } else {
                ">"
            });
            h.text(value).raw("</dd></div>\n");
        }
        h.raw("</dl>\n</div>\n");
    }
    h.raw("</section>\n");
}

fn markdown_copy(h: &mut Html, report: &Report) {
    h.raw("<details class=\"markdown\">\n<summary>This page as Markdown</summary>\n");
    h.raw("<textarea id=\"markdown\" readonly rows=\"16\" spellcheck=\"false\" aria-label=\"Markdown\">\n");
    h.text(&markdown::render(report))
        .raw("</textarea>\n</details>\n");
}
