//! gettext functions in templates.

use std::{borrow::Cow, sync::Arc};

use squall_templates::{Translate, context, translation};

use crate::folder::Folder;

/// Returns its arguments as text.
struct Echo;

impl Translate for Echo {
    fn translate<'a>(&'a self, context: Option<&str>, message: &'a str) -> Cow<'a, str> {
        format!("[{}|{message}]", context.unwrap_or("-")).into()
    }

    fn translate_plural<'a>(
        &'a self,
        context: Option<&str>,
        message: &'a str,
        plural: &'a str,
        count: u64,
    ) -> Cow<'a, str> {
        format!("[{}|{message}|{plural}|{count}]", context.unwrap_or("-")).into()
    }
}

#[test]
fn each_function_passes_its_arguments() {
    for (template, wanted) in [
        ("{{ _('Home') }}", "[-|Home]"),
        ("{{ gettext('Home') }}", "[-|Home]"),
        ("{{ pgettext('law', 'right') }}", "[law|right]"),
        ("{{ ngettext('book', 'books', 2) }}", "[-|book|books|2]"),
        (
            "{{ ngettext('book', 'books', list|length) }}",
            "[-|book|books|3]",
        ),
        ("{{ ngettext('book', 'books', -1) }}", "[-|book|books|1]"),
        (
            "{{ npgettext('a', 'club', 'clubs', 0) }}",
            "[a|club|clubs|0]",
        ),
        ("{{ _('<b>') }}", "[-|&lt;b&gt;]"),
        ("{{ _('%(v)s')|format(v='<i>') }}", "[-|&lt;i&gt;]"),
        ("{{ _('%(v)s')|safe|format(v='<i>') }}", "[-|&lt;i&gt;]"),
        ("{{ [_('a'), 'b']|join }}", "[-|a]b"),
    ] {
        let folder = Folder::new(&[("a.html", template)]);
        let echo = Arc::new(Echo);
        let request = move |name: &str| translation(name, &echo);
        let context = context! { list => [1, 2, 3] };
        let page = folder.templates().render_for("a.html", request, context);
        assert_eq!(page.unwrap(), wanted, "{template}");
    }
    assert!(translation("dgettext", &Arc::new(Echo)).is_none());
}

#[test]
fn invalid_calls_are_errors() {
    for template in [
        "{{ _() }}",
        "{{ _('a', 'b') }}",
        "{{ _(7) }}",
        "{{ ngettext('a', 'b') }}",
        "{{ ngettext('a', 'b', 'c') }}",
    ] {
        let folder = Folder::new(&[("a.html", template)]);
        let echo = Arc::new(Echo);
        let request = move |name: &str| translation(name, &echo);
        let error = folder
            .templates()
            .render_for("a.html", request, ())
            .unwrap_err();
        assert_eq!(error.line(), Some(1), "{template}: {error}");
    }
}
