//! Permission tables: roles × tools × reach, compiled to Cedar.
