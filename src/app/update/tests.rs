//! Messages and key strings in; the model and the effects out.
