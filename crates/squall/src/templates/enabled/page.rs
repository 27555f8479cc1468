//! `Page`: renders templates with the values of one request.

use std::{borrow::Cow, fmt, sync::Arc};

use axum_core::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{Method, Uri, request::Parts};
use serde::Serialize;
use squall_templates::{
    TemplateError, Templates, Translate, Value, context, html,
    minijinja::value::{Enumerator, Object},
    translation,
};
use squall_xheaders::Host;

use super::engine::url_function;
use crate::{
    Client, Error, Html, Locale, MountPrefix, Result, Urls,
    application::site::Site,
    auth::User,
    debug::{Failure, Snippet},
    matched::Matched,
    xsrf,
};

/// Renders a [template](crate::Application::template_path) (Tornado's `render`).
///
/// Besides the handler's values, a template has
///
/// | name | value |
/// |---|---|
/// | `static_url("images/logo.png")` | [`Urls::static_url`](crate::Urls::static_url) |
/// | `reverse_url("user", 7)` | [`Urls::reverse_url`](crate::Urls::reverse_url) |
/// | `_("Home")`, `ngettext`, `pgettext`, `npgettext` | in the language of `locale` |
/// | `locale` | its `code`, `language_tag`, `name` and `is_rtl` |
/// | `xsrf_form_html()` | the hidden field of [`xsrf_cookies`](crate::Application::xsrf_cookies) |
/// | `current_user` | the user of [`CurrentUser`](crate::CurrentUser), or none |
/// | `request` | its `method`, `uri`, `path`, `query`, `protocol`, `host` and `remote_ip` |
///
/// # Examples
///
/// ```
/// use squall::{Html, Page, context};
///
/// async fn home(page: Page) -> squall::Result<Html<String>> {
///     page.render("home.html", context! { entries => ["first", "second"] })
/// }
/// ```
pub struct Page {
    site: Arc<Site>,
    values: Arc<Values>,
}

/// The values of one request.
struct Values {
    method: Method,
    uri: Uri,
    client: squall_xheaders::Client,
    locale: Arc<Locale>,
    xsrf: Option<xsrf::FormHtml>,
    user: Option<User>,
    urls: Urls,
}

impl Page {
    /// Renders a template with these values: a map such as [`context!`](crate::context) makes, a
    /// struct, or `()`.
    ///
    /// # Errors
    ///
    /// If the application has no templates, or this one is missing or fails.
    #[track_caller]
    pub fn render(&self, template: &str, context: impl Serialize) -> Result<Html<String>> {
        let templates = self.site.templates.0.as_ref();
        let templates =
            templates.ok_or_else(|| Error::new("Page without Application::template_path(…)"))?;
        let values = Arc::clone(&self.values);
        let page = templates.render_for(template, move |name| values.get(name), context);
        match page {
            Ok(page) => Ok(Html(page)),
            Err(error) => Err(failed(templates, error)),
        }
    }
}

impl Values {
    fn get(&self, name: &str) -> Option<Value> {
        Some(match name {
            "request" => context! {
                method => self.method.as_str(),
                uri => self.urls.prefix().path(self.uri.to_string()),
                path => self.urls.prefix().path(self.uri.path().to_owned()),
                query => self.uri.query().unwrap_or_default(),
                protocol => self.client.scheme().as_str(),
                host => self.client.host().map(Host::as_str),
                remote_ip => self.client.ip().map(|ip| ip.to_string()),
            },
            "current_user" => match &self.user {
                Some(user) => user.value().0.clone(),
                None => Value::from(()),
            },
            "locale" => Value::from_object(LocaleValue(Arc::clone(&self.locale))),
            "xsrf_form_html" => {
                let xsrf = self.xsrf.clone()?;
                Value::from_function(move || html(xsrf()))
            }
            name => {
                let function = url_function(name, &self.urls);
                return function.or_else(|| translation(name, &self.locale));
            }
        })
    }
}

/// The `locale` of templates, which read one or two of its values.
#[derive(Debug)]
struct LocaleValue(Arc<Locale>);

impl Object for LocaleValue {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "code" => self.0.code().into(),
            "language_tag" => self.0.language_tag().into(),
            "name" => self.0.name().into(),
            "is_rtl" => self.0.is_rtl().into(),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["code", "language_tag", "name", "is_rtl"])
    }
}

/// Returns the error with the lines of the template, for the debug page.
#[track_caller]
fn failed(templates: &Templates, error: TemplateError) -> Error {
    let line = error.line().and_then(|line| u32::try_from(line).ok());
    let file = templates.folder().join(error.name());
    // An editor does not know the directory of this process.
    let file = std::path::absolute(&file).unwrap_or(file);
    let snippet = error
        .source_text()
        .zip(line)
        .map(|(text, line)| Snippet::new(error.name(), text, line).file(file));
    let failure = Failure::new(error);
    Error::from_failure(match snippet {
        Some(snippet) => failure.with_snippet(snippet),
        None => failure,
    })
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Some(Matched { site, .. }) = Matched::of(&parts.extensions) else {
            let error = Error::new("`Page` outside of a squall route");
            return Err(error.into_response());
        };
        let site = Arc::clone(site);
        let user = site.auth.user(parts).await?;
        let Ok(Client(client)) = Client::from_request_parts(parts, state).await;
        let values = Values {
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            client,
            locale: Arc::new(Locale::of(parts)),
            xsrf: xsrf::Guard::form_html(&parts.extensions),
            user,
            urls: site.urls.below(MountPrefix::of(&parts.extensions)),
        };
        Ok(Self {
            site,
            values: Arc::new(values),
        })
    }
}

impl Translate for Locale {
    fn translate<'a>(&'a self, context: Option<&str>, message: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(match context {
            Some(context) => self.0.pgettext(context, message),
            None => self.0.translate(message),
        })
    }

    fn translate_plural<'a>(
        &'a self,
        context: Option<&str>,
        message: &'a str,
        plural: &'a str,
        count: u64,
    ) -> Cow<'a, str> {
        Cow::Borrowed(match context {
            Some(context) => self.0.pgettext_plural(context, message, plural, count),
            None => self.0.translate_plural(message, plural, count),
        })
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").finish_non_exhaustive()
    }
}
