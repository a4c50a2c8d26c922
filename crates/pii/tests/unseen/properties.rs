//! What must hold for any document.
