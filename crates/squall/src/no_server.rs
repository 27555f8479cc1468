//! No server: the application runs in another one.

pub(crate) mod handles {
    //! No server of this process is squall's.

    /// Whether every server of this process is serving: there is none.
    pub(crate) fn are_serving() -> bool {
        true
    }

    /// Whether a server of this process cuts off what did not finish in time.
    pub(crate) fn are_cutting_off() -> bool {
        false
    }
}
