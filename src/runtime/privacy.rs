//! Keeps the memory of this process, keys included, out of cores and away from other programs of the same person.
//!
//! A debugger of root's, and who may read the machine's memory, is out of scope.

/// From now on a crash leaves no core, and nobody attaches. Best effort: where the system refuses, nothing else changes.
pub fn close() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};

        // It ends with `exec`, so that programs we start are as they always are.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let maximum = getrlimit(Resource::Core).maximum;
        let none = Rlimit {
            current: Some(0),
            maximum,
        };
        let _ = setrlimit(Resource::Core, none);
    }
}
