//! JSON page, for programs.

use serde_json::{Map, Value, json};

use crate::page::report::{Call, Report, Section};

pub(super) fn render(report: &Report) -> String {
    let calls = |calls: &[Call]| calls.iter().map(call).collect::<Vec<_>>();
    let sections = report.sections.iter().map(section);
    let value = json!({
        "status": report.status.as_u16(),
        "request_id": report.id,
        "kind": report.kind,
        "error": report.title,
        "causes": report.causes,
        "snippets": calls(&report.snippets),
        "frames": calls(&report.calls),
        "about": sections.collect::<Map<_, _>>(),
    });
    format!("{value:#}\n")
}

fn call(call: &Call) -> Value {
    let lines = call.excerpt.numbered();
    json!({
        "name": call.name,
        "async": call.is_async,
        "library": call.library,
        "file": call.at.as_ref().map(|at| &at.file),
        "line": call.at.as_ref().map(|at| at.line),
        "source": lines.map(|(number, line)| json!([number, line])).collect::<Vec<_>>(),
    })
}

/// Rows are pairs, since names can repeat.
fn section(section: &Section) -> (String, Value) {
    (section.title.to_lowercase(), json!(section.rows))
}
