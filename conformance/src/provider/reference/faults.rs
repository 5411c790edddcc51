//! The faults that can be seeded into the reference provider, each at one named point.
//! It knows their names, and which one is on.
//! It refuses to be there: without the feature that plants faults a point is `false` for the compiler.

#[cfg(feature = "mutants")]
pub use planted::{Fault, on, plant};

/// Whether that fault is seeded: `if seeded!(CallsUncounted)`.
macro_rules! seeded {
    ($fault:ident) => {{
        #[cfg(feature = "mutants")]
        let seeded = crate::provider::reference::faults::on(
            crate::provider::reference::faults::Fault::$fault,
        );
        #[cfg(not(feature = "mutants"))]
        let seeded = false;
        seeded
    }};
}
pub(super) use seeded;

#[cfg(feature = "mutants")]
mod planted {
    use std::sync::OnceLock;

    static PLANTED: OnceLock<Fault> = OnceLock::new();

    /// A point where the reference provider can be made to do wrong.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Fault {
        /// Calls of a function are not counted.
        CallsUncounted,
        /// A call is ended after 3 seconds.
        CallsCut,
        /// A call goes on when its client has left.
        CallsDetached,
        /// HTTP/1.0 is not spoken.
        OldHttpRefused,
        /// An answer is read on when its client has left.
        StreamsDetached,
        /// An answer is ended after 5 seconds.
        StreamsCut,
        /// An answer that breaks off ends in order.
        CutIsEnd,
        /// Nothing comes back through a tunnel.
        TunnelOneWay,
        /// A tunnel ends after 64 KiB.
        TunnelShort,
        /// The end of one side of a tunnel is not told to the other.
        TunnelUnclosed,
        /// The queue calls with PUT.
        QueuePuts,
        /// A callback is made twice.
        CallbackTwice,
        /// Once a callback has failed the queue stands still.
        CallbackHolds,
        /// There is no callback for a failure.
        FailuresUntold,
        /// A body that breaks off is completed.
        HalfTaken,
        /// A body that breaks off is taken as it is.
        LengthUnminded,
        /// A body may take for ever.
        BodiesEndless,
        /// A replica is ready as soon as it is started.
        ReadyAtOnce,
        /// A replica that was ready is ready for good.
        AskedOnce,
        /// A replica that has ended has no successor.
        NeverRestarted,
        /// The end of a replica leaves no function with one.
        CrashDisturbs,
        /// A replica is killed without SIGTERM.
        NoTerm,
        /// What goes to stdout is lost.
        StdoutLost,
        /// What goes to stderr is lost.
        StderrLost,
        /// After a line of 64 KiB nothing is read.
        LongLineEnds,
        /// A log is that of the longest name that begins as the one asked for.
        LogsByPrefix,
        /// Followers of a log hear of a line after 12 seconds.
        FollowLags,
        /// The log of a function that is gone stays open.
        LogsStayOpen,
        /// A list that names no namespace is of all of them.
        ListsEverything,
        /// A description is of a function whose name begins like that, where none has that name.
        FindsByPrefix,
        /// A description is of a function in any namespace, where the one that is asked for has none.
        FindsAnywhere,
        /// The list of functions has those of all namespaces.
        ListsAll,
        /// An update changes what is told, and no process.
        UpdatesOnlyTold,
        /// An update sets the number of replicas back.
        UpdatesScale,
        /// One replica gets all calls.
        OneReplicaCalled,
        /// A function that is scaled up from zero has no variables.
        SettingsLostAtZero,
        /// A call of a function without a replica is answered by something else.
        TheHostAnswers,
        /// Functions do not find their secrets where they should be.
        SecretsElsewhere,
        /// Functions can write to their secrets.
        SecretsWritable,
        /// Secrets are taken from every namespace.
        SecretsOfAll,
    }

    /// Seeds that fault into the provider of this process.
    pub fn plant(fault: Fault) {
        let _ = PLANTED.set(fault);
    }

    /// Whether that fault is seeded.
    pub fn on(fault: Fault) -> bool {
        PLANTED.get() == Some(&fault)
    }
}
