//! The router of an application: its routes and those of static files, checked and compiled.

use squall_routing::{Methods, Router, Rule};

use super::settings::ApplicationSettings;
use crate::{
    Error, Result, Route, handler::endpoint::Endpoint, routes::Entry, service::Target, xsrf::Guard,
};

/// Checks that there are settings for what the handlers extract.
pub(super) fn check_handlers<S>(
    entries: &[Entry<S>],
    settings: &ApplicationSettings,
) -> Result<()> {
    for Entry { rule, route } in entries {
        let mut handlers = route.types.iter();
        let checked = handlers.try_for_each(|types| settings.check_handler(types));
        checked.map_err(|error| Error::new(format!("route {rule}: {error}")))?;
    }
    Ok(())
}

/// Compiles the routes of files and of handlers.
pub(super) fn router<S: Clone + Send + Sync + 'static>(
    files: Vec<(Rule, Endpoint)>,
    entries: Vec<Entry<S>>,
    state: &S,
    guard: Option<&Guard>,
) -> Result<Router<Methods<Target>>> {
    let mut rules = Router::builder();
    for (rule, endpoint) in files {
        rules = rules.route(rule, Methods::new().any(Target::new(endpoint))?);
    }
    for Entry {
        mut rule,
        mut route,
    } in entries
    {
        if let Some(name) = route.name.take() {
            rule = rule.name(name);
        }
        let methods = methods(route, state, guard)
            .map_err(|error| Error::new(format!("route {rule}: {error}")))?;
        rules = rules.route(rule, methods);
    }
    Ok(rules.build_merging(|methods, others| {
        methods.merge(others).map_err(|error| error.to_string())
    })?)
}

/// Returns the targets of a route, each behind the guard and within the settings of the route.
fn methods<S: Clone + Send + Sync + 'static>(
    mut route: Route<S>,
    state: &S,
    guard: Option<&Guard>,
) -> Result<Methods<Target>, String> {
    let settings = std::mem::take(&mut route.settings);
    let mut methods = Methods::new();
    for (method, endpoint) in route.bind(state).map_err(|error| error.to_string())? {
        let endpoint = match guard {
            Some(guard) if !settings.is_xsrf_exempt => guard.protect(endpoint),
            _ => endpoint,
        };
        let target = Target {
            endpoint: settings.apply(endpoint),
            body_limit: settings.body_limit,
        };
        methods = match method {
            Some(method) => methods.on(method, target),
            None => methods.any(target),
        }
        .map_err(|error| error.to_string())?;
    }
    Ok(methods)
}
