//! Nearest pattern: a suggestion for a path that no rule matches.

use crate::encoding;

/// Longer paths and segments are cut, so that a comparison stays cheap.
const MAX_SEGMENTS: usize = 16;
const MAX_CHARS: usize = 48;

/// The cost of a segment that has nothing in common with that of the path, or that one side lacks.
const DIFFERENT: usize = 100;
/// The cost of a parameter without a value.
const MISSING: usize = 60;
/// The cost of a slash at the end that one side lacks.
const SLASH: usize = 10;
/// The cost of a parameter: fixed text that is equal is nearer.
const PARAMETER: usize = 15;
/// The cost of a parameter whose constraint the segment may not fulfil.
const CONSTRAINED: usize = 25;
/// The cost of a rest parameter.
const REST: usize = 40;

/// Returns the index of the template that is nearest to a path, by the edit distance of their
/// segments, or `None` if none is near. Of equally near ones, it is the first.
///
/// `path` is the path of a request, percent-encoded; the templates are the texts of patterns such
/// as `/users/{id}`. It allocates, and is meant for the message of an error.
///
/// ```
/// let routes = ["/", "/users/{id}", "/users/{id}/posts"];
/// assert_eq!(squall_routing::nearest("/user/7", routes), Some(1));
/// assert_eq!(squall_routing::nearest("/weather", routes), None);
/// ```
pub fn nearest<'a>(path: &str, templates: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    let path = encoding::matched_form(path).unwrap_or(path.into());
    let path: Vec<&str> = segments(&path).take(MAX_SEGMENTS).collect();
    let distances = templates
        .into_iter()
        .enumerate()
        .filter_map(|(i, template)| {
            let template: Vec<&str> = segments(template).take(MAX_SEGMENTS).collect();
            let distance = distance(&path, &template);
            let compared = match has_rest(&template) {
                true => template.len(),
                false => length(&template).max(length(&path)),
            };
            let is_near = 2 * distance <= DIFFERENT * compared;
            is_near.then_some((distance, i))
        });
    distances.min().map(|(_, i)| i)
}

/// Splits at slashes outside of braces, since a constraint may contain one.
fn segments(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    let text = text.strip_prefix('/').unwrap_or(text);
    text.split(move |c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '/' && depth == 0
    })
}

/// The number of segments without the empty one after a slash at the end, which is no evidence.
fn length(segments: &[&str]) -> usize {
    segments.len() - usize::from(segments.last() == Some(&""))
}

fn has_rest(template: &[&str]) -> bool {
    template.last().is_some_and(|last| last.starts_with("{*"))
}

fn distance(path: &[&str], template: &[&str]) -> usize {
    let has_rest = has_rest(template);
    let template = &template[..template.len() - usize::from(has_rest)];
    let row = |row: &[usize], segment: &str| {
        next_row(
            row,
            lacking(segment),
            path,
            |other| substitution(other, segment),
            lacking,
        )
    };
    let last = template
        .iter()
        .fold(first_row(path, lacking), |costs, segment| {
            row(&costs, segment)
        });
    if has_rest {
        // It takes at least one segment, and any number of them.
        let with_rest = last[..path.len()].iter().min().map(|cost| cost + REST);
        let without = last[path.len()] + MISSING;
        return with_rest.map_or(without, |cost| cost.min(without));
    }
    last[path.len()]
}

fn lacking(segment: &str) -> usize {
    match segment.chars().next() {
        None => SLASH,
        Some('{') => MISSING,
        Some(_) => DIFFERENT,
    }
}

/// The cost of a segment of the path in the place of one of a template.
fn substitution(segment: &str, template: &str) -> usize {
    let Some((before, rest)) = template.split_once('{') else {
        return text_distance(segment, template);
    };
    let (parameter, after) = rest.rsplit_once('}').unwrap_or((rest, ""));
    let fits = segment.len() > before.len() + after.len()
        && segment.starts_with(before)
        && segment.ends_with(after);
    match fits {
        true if parameter.contains([':', '{']) => CONSTRAINED,
        true => PARAMETER,
        false => MISSING,
    }
}

/// The part of the characters that differ (Levenshtein), without regard to case.
fn text_distance(a: &str, b: &str) -> usize {
    if a == b {
        return 0;
    }
    let lower = |text: &str| -> Vec<char> {
        let chars = text.chars().flat_map(char::to_lowercase);
        chars.take(MAX_CHARS).collect()
    };
    let (a, b) = (lower(a), lower(b));
    let one = |_: char| 1;
    let edits = a.iter().fold(first_row(&b, one), |costs, &x| {
        next_row(&costs, 1, &b, |y| usize::from(x != y), one)
    });
    (DIFFERENT * edits[b.len()])
        .checked_div(a.len().max(b.len()))
        .unwrap_or(0)
        .max(1)
}

/// The first row of an edit distance: all of `items` is inserted.
fn first_row<T: Copy>(items: &[T], insert: impl Fn(T) -> usize) -> Vec<usize> {
    let costs = items.iter().scan(0, |cost, &item| {
        *cost += insert(item);
        Some(*cost)
    });
    [0].into_iter().chain(costs).collect()
}

fn next_row<T: Copy>(
    row: &[usize],
    delete: usize,
    items: &[T],
    substitute: impl Fn(T) -> usize,
    insert: impl Fn(T) -> usize,
) -> Vec<usize> {
    let mut next = Vec::with_capacity(row.len());
    next.push(row[0] + delete);
    for (i, &item) in items.iter().enumerate() {
        let replaced = row[i] + substitute(item);
        next.push(
            replaced
                .min(row[i + 1] + delete)
                .min(next[i] + insert(item)),
        );
    }
    next
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn nearest_template_of_a_path() {
        let routes = [
            "/",
            "/about",
            "/static/",
            "/users",
            "/users/{id:[0-9]+}",
            "/users/{id}/posts",
            "/files/{*path}",
            "/feeds/{name}.json",
            "/Café",
            r"/(apple-touch-icon\.png)",
        ];
        for (path, wanted) in [
            ("/abuot", Some("/about")),
            ("/about/", Some("/about")),
            ("/statics", Some("/static/")),
            ("/missing", None),
            ("/ABOUT", Some("/about")),
            ("/user", Some("/users")),
            ("/users/ada", Some("/users/{id:[0-9]+}")),
            ("/user/7", Some("/users/{id:[0-9]+}")),
            ("/users/7/post", Some("/users/{id}/posts")),
            ("/users/7/posts/", Some("/users/{id}/posts")),
            ("/file/a/b/c", Some("/files/{*path}")),
            ("/files", Some("/files/{*path}")),
            ("/feeds/ada.xml", Some("/feeds/{name}.json")),
            ("/feed/ada.json", Some("/feeds/{name}.json")),
            ("/caf%C3%A8", Some("/Café")),
            ("/caf%C3", Some("/Café")),
            ("/apple-touch-icon.png2", Some(r"/(apple-touch-icon\.png)")),
            ("/weather", None),
            ("/a/b/c/d/e/f", None),
            ("", Some("/")),
            ("*", None),
        ] {
            let found = nearest(path, routes).map(|i| routes[i]);
            assert_eq!(found, wanted, "{path}");
        }
        assert_eq!(nearest("/about", []), None);
    }

    #[test]
    fn long_paths_are_cut() {
        let path = "/x".repeat(10_000);
        let long = format!("/{}", "y".repeat(60_000));
        let routes = [path.as_str(), "/x/{*rest}", "/{{", "/{unclosed", "/}{"];
        assert_eq!(nearest(&path, routes), Some(0));
        assert_eq!(nearest(&long, [long.as_str()]), Some(0));
        for bad in ["/{", "/}", "//", "/{a}{b}", "/\u{0}"] {
            let _ = nearest(bad, routes);
        }
    }
}
