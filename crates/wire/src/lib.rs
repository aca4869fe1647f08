//! Versioned records for journal, store and exchange files.
