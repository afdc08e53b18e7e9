//! Generated flows, answers and documents.
