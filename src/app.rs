//! Place of the module `app`.
