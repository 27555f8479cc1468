//! Format of a line: that of `tracing_subscriber`, with a shorter way for the access log.

use std::fmt::{self, Debug};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Full, Writer},
        time::FormatTime,
    },
    registry::LookupSpan,
};

use super::clock::Clock;
use crate::service::access_log;

/// `tracing_subscriber`'s format escapes each line character by character. Lines of the access log are
/// escaped already, and there is one for each request.
pub(super) struct Lines {
    others: Format<Full, Clock>,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            others: Format::default().with_timer(Clock),
        }
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        if metadata.target() != access_log::TARGET
            || writer.has_ansi_escapes()
            || context.lookup_current().is_some()
        {
            return self.others.format_event(context, writer, event);
        }
        Clock.format_time(&mut writer)?;
        let level = metadata.level().as_str();
        writer.write_str(if level.len() < 5 { "  " } else { " " })?;
        writer.write_str(level)?;
        writer.write_str(" ")?;
        writer.write_str(access_log::TARGET)?;
        writer.write_str(": ")?;
        let mut message = Message {
            result: Ok(()),
            writer: &mut writer,
        };
        event.record(&mut message);
        message.result?;
        writer.write_str("\n")
    }
}

/// Writes the only field of the access log.
struct Message<'a, 'w> {
    writer: &'a mut Writer<'w>,
    result: fmt::Result,
}

impl Visit for Message<'_, '_> {
    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        self.result = write!(self.writer, "{value:?}");
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::fmt::{self, FormatEvent, format::DefaultFields};
    use tracing_subscriber::{Registry, layer::SubscriberExt};

    use super::Lines;
    use crate::service::access_log;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines without their times.
    fn lines(
        ansi: bool,
        format: impl FormatEvent<Registry, DefaultFields> + Send + Sync + 'static,
    ) -> Vec<String> {
        let output = Output::default();
        let writer = output.clone();
        let layer = fmt::layer()
            .with_ansi(ansi)
            .event_format(format)
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info!(target: access_log::TARGET, "{} GET /", 200);
            tracing::warn!(target: access_log::TARGET, "404 GET /");
            tracing::error!(target: access_log::TARGET, "500 GET /");
            tracing::info!(port = 80, "listening");
            tracing::info_span!("span", id = 7).in_scope(|| {
                tracing::info!(target: access_log::TARGET, "200 GET /");
            });
        });
        let text = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| {
            let (time, rest) = line.split_once('Z').unwrap();
            assert!(time.len() >= 26, "{line}");
            rest.to_owned()
        });
        lines.collect()
    }

    #[test]
    fn lines_are_those_of_the_default_format() {
        for ansi in [false, true] {
            let expected = lines(ansi, fmt::format::Format::default());
            assert_eq!(expected.len(), 5);
            assert_eq!(lines(ansi, Lines::default()), expected);
        }
    }
}
