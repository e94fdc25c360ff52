//! Place of the module `provider`.
