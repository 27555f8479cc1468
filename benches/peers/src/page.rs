//! The home page of `friendfeed` without squall: templates, translations, versions of static files and XSRF tokens.
//!
//! It does what a program beside axum or actix-web has to do for the same page, once for both.

use std::{
    collections::HashMap,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use minijinja::{Environment, Error, ErrorKind, State, Value, context, value::Rest};
use sha2::{Digest, Sha256};

use crate::SITE;

/// The cookie with the token that each form has to repeat.
pub const XSRF_COOKIE: &str = "_xsrf";

/// The cookie of the signed-in user.
pub const USER_COOKIE: &str = "user";

/// All that the page needs, loaded at the start.
#[derive(Debug)]
pub struct Site {
    environment: Environment<'static>,
    /// A language beside English, with its translations.
    languages: Vec<(String, Value)>,
}

impl Site {
    /// Loads templates, translations, and the versions of static files.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub fn load() -> io::Result<Self> {
        let versions = Arc::new(versions()?);
        let mut environment = Environment::new();
        for name in ["base.html", "home.html"] {
            let template = fs::read_to_string(Path::new(SITE).join("templates").join(name))?;
            let added = environment.add_template_owned(name, template);
            added.map_err(io::Error::other)?;
        }
        environment.add_function("_", translate);
        environment.add_function("reverse_url", reverse_url);
        environment.add_function("static_url", move |path: &str| {
            let version = versions.get(path).map_or("", String::as_str);
            format!("/static/{path}?v={version}")
        });
        environment.add_function("xsrf_form_html", xsrf_form_html);
        Ok(Self {
            environment,
            languages: languages()?,
        })
    }

    /// Renders the page for a user, with the language that the client prefers and its token.
    ///
    /// # Errors
    ///
    /// When a template is wrong.
    pub fn home(
        &self,
        user: Option<&str>,
        accept_language: Option<&str>,
        token: &str,
    ) -> Result<String, Error> {
        let language = self.language(accept_language.unwrap_or_default());
        let (code, translations) = match language {
            Some((code, translations)) => (code.as_str(), translations.clone()),
            None => ("en-US", Value::UNDEFINED),
        };
        self.environment
            .get_template("home.html")?
            .render(context! {
                current_user => user,
                locale => context! { language_tag => code },
                translations,
                xsrf_token => token,
            })
    }

    /// The first of the accepted languages with a translation, unless English comes before it.
    fn language(&self, accepted: &str) -> Option<&(String, Value)> {
        let mut codes: Vec<(f32, &str)> = accepted
            .split(',')
            .map(|item| {
                let (code, quality) = item.split_once(";q=").unwrap_or((item, "1"));
                (quality.trim().parse().unwrap_or(0.0), code.trim())
            })
            .collect();
        codes.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let found = codes.iter().find_map(|(_, code)| {
            let primary = code.split('-').next()?;
            if primary == "en" {
                return Some(None);
            }
            let mut languages = self.languages.iter();
            languages.find(|(known, _)| known == primary).map(Some)
        });
        found.flatten()
    }
}

/// Returns a new token for the cookie.
pub fn new_token() -> String {
    hex(&random::<16>())
}

fn translate(state: &State<'_, '_>, text: Value) -> Value {
    let translated = state
        .lookup("translations")
        .and_then(|translations| translations.get_item(&text).ok());
    match translated {
        Some(translated) if !translated.is_undefined() => translated,
        _ => text,
    }
}

fn reverse_url(name: &str, arguments: Rest<Value>) -> Result<String, Error> {
    Ok(match (name, arguments.first()) {
        ("home", None) => "/".to_owned(),
        ("language" | "user", Some(argument)) => {
            let folder = if name == "user" { "users" } else { name };
            format!("/{folder}/{argument}")
        }
        (name, None) => format!("/{name}"),
        _ => return Err(Error::new(ErrorKind::InvalidOperation, "no such route")),
    })
}

/// Returns the hidden field of a form. A new mask for each response keeps compression from revealing the token (BREACH).
fn xsrf_form_html(state: &State<'_, '_>) -> Value {
    let token = state.lookup("xsrf_token");
    let token = token.as_ref().and_then(Value::as_str).unwrap_or_default();
    let mask = random::<4>();
    let masked: Vec<u8> = token
        .bytes()
        .zip(mask.iter().cycle())
        .map(|(byte, mask)| byte ^ mask)
        .collect();
    let (mask, masked) = (hex(&mask), hex(&masked));
    Value::from_safe_string(format!(
        r#"<input type="hidden" name="_xsrf" value="2|{mask}|{masked}">"#
    ))
}

fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes all text");
    }
    text
}

fn languages() -> io::Result<Vec<(String, Value)>> {
    let files = fs::read_dir(Path::new(SITE).join("translations"))?;
    let languages = files.map(|entry| {
        let path = entry?.path();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_path(&path)?;
        let texts = reader.records().map(|record| {
            let record = record?;
            Ok((record[0].to_owned(), Value::from(&record[1])))
        });
        let texts: io::Result<HashMap<String, Value>> = texts.collect();
        let code = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok((code.into_owned(), Value::from_object(Texts(texts?))))
    });
    languages.collect()
}

/// Translations by the original text.
#[derive(Debug)]
struct Texts(HashMap<String, Value>);

impl minijinja::value::Object for Texts {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?).cloned()
    }
}

/// Returns the version of each static file by its path.
fn versions() -> io::Result<HashMap<String, String>> {
    let root = Path::new(SITE).join("static");
    let mut versions = HashMap::new();
    let mut directories: Vec<PathBuf> = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let version = hex(&Sha256::digest(fs::read(&path)?)[..16]);
            let name = path.strip_prefix(&root).expect("it is below the root");
            versions.insert(name.to_string_lossy().into_owned(), version);
        }
    }
    Ok(versions)
}
