//! State that all clones of a service and its `StaticUrls` share.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use crate::store::Store;

#[derive(Debug)]
pub(crate) struct ServiceState {
    pub(crate) store: Arc<Store>,
    pub(crate) prefix: String,
    pub(crate) default_filename: Option<String>,
    pub(crate) fallback: Option<String>,
    pub(crate) dotfiles: bool,
    pub(crate) listing: bool,
    pub(crate) hashed_names: bool,
    pub(crate) manifest: HashMap<String, String>,
    /// Names of missing files that have been logged.
    pub(crate) warned: Mutex<HashSet<String>>,
}
