//! Place of the module `store`.
