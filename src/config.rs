//! Place of the module `config`.
