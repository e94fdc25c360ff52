//! Place of the module `runtime`.
