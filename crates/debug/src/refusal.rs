//! `Refusal`: a request that was refused, for the page. It has no backtrace of its own.

use crate::failure::Failure;

/// The explanation of a response such as 404 or 422, for the developer of the program.
///
/// A response carries it in its extensions, as a [`Failure`]. If the client may see the page, it
/// replaces the body of the response; its status and headers such as `Allow` stay. Other clients get
/// the response unchanged, and nothing is logged.
///
/// ```
/// use squall_debug::{Details, Refusal};
///
/// let refusal = Refusal::new("no route matches `/user/7`")
///     .advice("Did you mean `/users/{id}`?")
///     .details(
///         Details::new("Routes")
///             .row("/", "GET")
///             .marked_row("/users/{id}", "GET", "nearest"),
///     );
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Refusal {
    pub(crate) reason: String,
    pub(crate) field: Option<String>,
    pub(crate) advice: Vec<String>,
    pub(crate) details: Vec<Details>,
    pub(crate) failure: Option<Failure>,
}

/// A table of a [`Refusal`], such as the routes that were tried.
#[derive(Clone, Debug)]
#[must_use]
pub struct Details {
    pub(crate) title: String,
    pub(crate) rows: Vec<DetailRow>,
}

#[derive(Clone, Debug)]
pub(crate) struct DetailRow {
    pub(crate) name: String,
    pub(crate) value: String,
    /// A label that sets the row apart.
    pub(crate) mark: Option<String>,
}

impl Refusal {
    /// Creates a refusal with its reason, the title of the page.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            field: None,
            advice: Vec::new(),
            details: Vec::new(),
            failure: None,
        }
    }

    /// Sets the field or parameter that is wrong. Default: none.
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Adds a sentence about what to do. Text between backticks is shown as code. Default: none.
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }

    /// Adds a table. Default: none.
    pub fn details(mut self, details: Details) -> Self {
        self.details.push(details);
        self
    }

    /// Sets the error behind the refusal, whose causes and backtrace are shown. Default: none.
    pub fn failure(mut self, failure: Failure) -> Self {
        self.failure = Some(failure);
        self
    }
}

impl Details {
    /// Creates a table without rows.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            rows: Vec::new(),
        }
    }

    /// Adds a row. The page shows the first 200. Default: none.
    pub fn row(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.push(name.into(), value.into(), None)
    }

    /// Adds a row that a label sets apart. Default: none.
    pub fn marked_row(
        self,
        name: impl Into<String>,
        value: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        self.push(name.into(), value.into(), Some(label.into()))
    }

    fn push(mut self, name: String, value: String, mark: Option<String>) -> Self {
        self.rows.push(DetailRow { name, value, mark });
        self
    }
}
