//! Place of the module `markdown`.
