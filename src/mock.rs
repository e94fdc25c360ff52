//! Place of the module `mock`.
