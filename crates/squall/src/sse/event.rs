//! `Event`: one event in the format of `text/event-stream`.

use std::{fmt::Write, time::Duration};

/// A server-sent event (HTML Standard, section 9.2).
///
/// # Examples
///
/// ```
/// use squall::Event;
///
/// let event = Event::new().id("7").event("message").data("two\nlines");
/// assert_eq!(event.to_string(), "id: 7\nevent: message\ndata: two\ndata: lines\n\n");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "an event does nothing until it is sent"]
pub struct Event(String);

impl Event {
    /// Returns an event without any field, which clients ignore.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the text, which may have several lines.
    ///
    /// Default: none; clients ignore an event without text.
    pub fn data(mut self, text: impl AsRef<str>) -> Self {
        // A line ends with LF, CR or both.
        let text = text.as_ref().replace("\r\n", "\n");
        for line in text.split(['\n', '\r']) {
            self.field("data", line);
        }
        self
    }

    /// Sets the text to JSON.
    ///
    /// # Errors
    ///
    /// If the value cannot be JSON.
    #[cfg(feature = "json")]
    pub fn json(self, value: &(impl serde::Serialize + ?Sized)) -> crate::Result<Self> {
        Ok(self.data(serde_json::to_string(value)?))
    }

    /// Sets the type of the event, for `addEventListener`. Line breaks are replaced by spaces.
    ///
    /// Default: `message`.
    pub fn event(mut self, name: impl AsRef<str>) -> Self {
        self.field("event", &one_line(name.as_ref()));
        self
    }

    /// Sets the id, which a client that reconnects sends as
    /// [`Last-Event-ID`](crate::Sse::last_event_id). Line breaks and NUL are replaced by spaces.
    ///
    /// Default: the id of the event before.
    pub fn id(mut self, id: impl AsRef<str>) -> Self {
        self.field("id", &one_line(id.as_ref()));
        self
    }

    /// Sets how long a client waits before it reconnects, in milliseconds precision.
    ///
    /// Default: the client's, a few seconds.
    pub fn retry(mut self, wait: Duration) -> Self {
        self.field("retry", &wait.as_millis().to_string());
        self
    }

    fn field(&mut self, name: &str, value: &str) {
        // A leading blank of the value is kept, since clients remove exactly one.
        let written = writeln!(self.0, "{name}: {value}");
        written.expect("writing to a string does not fail");
    }
}

/// Replaces what the format cannot carry in a value.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r', '\0'], " ")
}

/// Writes the event as it is sent.
impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Event;

    #[test]
    fn events_are_written_as_the_standard_has_them() {
        for (event, text) in [
            (Event::new().data("hello"), "data: hello\n\n"),
            (Event::new().data(""), "data: \n\n"),
            (Event::new().data(" blank"), "data:  blank\n\n"),
            (Event::new().data("a\nb"), "data: a\ndata: b\n\n"),
            (
                Event::new().data("a\r\nb\rc"),
                "data: a\ndata: b\ndata: c\n\n",
            ),
            (Event::new().data("a\n"), "data: a\ndata: \n\n"),
            (
                Event::new().event("x\ndata: forged").data("y"),
                "event: x data: forged\ndata: y\n\n",
            ),
            (
                Event::new().id("7\r\n\n8\0").data("y"),
                "id: 7   8 \ndata: y\n\n",
            ),
            (
                Event::new().retry(Duration::from_millis(1500)),
                "retry: 1500\n\n",
            ),
            (Event::new(), "\n"),
        ] {
            assert_eq!(event.to_string(), text);
        }
    }
}
