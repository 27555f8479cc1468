//! Settings of a supervisor that are a choice of a few.

/// How connections are spread over the workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Balance {
    /// A SO_REUSEPORT socket for each worker: the kernel spreads connections evenly. As
    /// [`Shared`](Self::Shared) on systems whose kernel does not (macOS, FreeBSD).
    #[default]
    ReusePort,
    /// One socket for all: idle workers take more, which helps when requests differ much in cost.
    Shared,
}

/// When a worker that ends by itself is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Restart {
    /// Always. An exit status of 0 after more than a second of service is no failure and not
    /// counted by [`max_restarts`](crate::Supervisor::max_restarts); a sooner one is.
    Always,
    /// When it fails. One that ends with exit status 0 has finished; when all have, so has
    /// [`run`](crate::Supervisor::run).
    OnFailure,
    /// Never. When all have ended, [`run`](crate::Supervisor::run) returns, with an error if one
    /// failed.
    Never,
}
