//! Markdown page, for terminals and issue reports.

use std::fmt::{self, Write};

use crate::page::report::{Call, Report, Table, code_parts, libraries};

pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    write(&mut text, report).expect("writing to a string cannot fail");
    text
}

fn write(text: &mut String, report: &Report) -> fmt::Result {
    let (first, rest) = report.title.split_once('\n').unwrap_or((&report.title, ""));
    writeln!(text, "# {}\n", plain(first))?;
    if !rest.is_empty() {
        writeln!(text, "{}\n", block("", &report.title))?;
    }
    for cause in &report.causes {
        writeln!(text, "- caused by: {}", plain(cause).replace('\n', "\n  "))?;
    }
    if !report.causes.is_empty() {
        text.push('\n');
    }
    writeln!(
        text,
        "{} ({}) for {}{}",
        report.status,
        plain(&report.kind),
        code(&format!("{} {}", report.method, report.target)),
        report
            .id
            .as_ref()
            .map_or_else(String::new, |id| format!(", request id {id}"))
    )?;
    if let Some(field) = &report.field {
        writeln!(text, "\nField: {}", code(field))?;
    }
    if !report.advice.is_empty() {
        text.push('\n');
    }
    for advice in &report.advice {
        writeln!(text, "- {}", with_code(advice))?;
    }
    report
        .tables
        .iter()
        .try_for_each(|table| write_table(text, table))?;
    report
        .snippets
        .iter()
        .try_for_each(|call| write_call(text, call))?;
    for calls in report.call_groups() {
        if calls[0].library.is_some() {
            let (count, names) = (calls.len(), libraries(calls));
            let s = if count == 1 { "" } else { "s" };
            writeln!(text, "\n… {count} frame{s} in {}", plain(&names))?;
        } else {
            calls.iter().try_for_each(|call| write_call(text, call))?;
        }
    }
    for section in &report.sections {
        writeln!(text, "\n## {}\n", section.title)?;
        for (name, value) in &section.rows {
            writeln!(text, "- {}: {}", plain(name), code(value))?;
        }
    }
    Ok(())
}

fn write_table(text: &mut String, table: &Table) -> fmt::Result {
    writeln!(text, "\n## {}\n", plain(&table.title))?;
    for (name, value, mark) in &table.rows {
        write!(text, "- {}: {}", code(name), plain(value))?;
        match mark {
            Some(mark) => writeln!(text, " ({})", plain(mark))?,
            None => text.push('\n'),
        }
    }
    match table.hidden {
        0 => Ok(()),
        hidden => writeln!(text, "- … {hidden} more"),
    }
}

fn write_call(text: &mut String, call: &Call) -> fmt::Result {
    let of = if call.is_async { " (async)" } else { "" };
    write!(text, "\n{}{of}", code(&call.name))?;
    if let Some(at) = &call.at {
        write!(text, " at {}", code(&format!("{}:{}", at.file, at.line)))?;
    }
    text.push('\n');
    if call.excerpt.lines.is_empty() {
        return Ok(());
    }
    let last = call.excerpt.numbered().last();
    let width = last.map_or(0, |(number, _)| number.to_string().len());
    let lines = call.excerpt.numbered().map(|(number, line)| {
        let mark = if number == call.excerpt.line {
            '>'
        } else {
            ' '
        };
        format!("{mark} {number:width$} │ {line}")
            .trim_end()
            .to_owned()
    });
    let is_rust = call.at.as_ref().is_some_and(|at| at.file.ends_with(".rs"));
    let language = if is_rust { "rust" } else { "" };
    let lines = lines.collect::<Vec<_>>().join("\n");
    writeln!(text, "{}", block(language, &lines))
}

/// Escapes text but for its code between backticks.
fn with_code(text: &str) -> String {
    let parts = code_parts(text);
    let parts = parts.map(|(part, is_code)| if is_code { code(part) } else { plain(part) });
    parts.collect()
}

/// Escapes Markdown markup and HTML tags in text.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '<' | '>' | '&' | '`' | '*' | '[' | ']' | '@' | '#' | '\\' | '|'
        ) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Inline code; its fence is longer than any run of backticks in the text (CommonMark, section
/// 6.1).
fn code(text: &str) -> String {
    let ticks = "`".repeat(longest_ticks(text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A code block; its fence is longer than any run of backticks in the text (CommonMark, section
/// 4.5).
fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_ticks(text) + 1).max(3));
    format!("{fence}{language}\n{text}\n{fence}")
}

fn longest_ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{block, code, plain};

    #[test]
    fn markup_in_text_is_escaped() {
        for (text, wanted) in [
            ("a b", "a b"),
            ("<script>", "\\<script\\>"),
            ("[x](y) *z* @team", "\\[x\\](y) \\*z\\* \\@team"),
        ] {
            assert_eq!(plain(text), wanted);
        }
        for (text, wanted) in [
            ("a", "`a`"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("", "`  `"),
        ] {
            assert_eq!(code(text), wanted);
        }
        assert_eq!(block("", "a"), "```\na\n```");
        assert_eq!(block("", "````"), "`````\n````\n`````");
    }
}
