//! Place of the module `ui`.
