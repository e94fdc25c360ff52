//! Place of the module `cli`.
