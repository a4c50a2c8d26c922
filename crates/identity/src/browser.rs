//! Browser sessions: cookie → signed-in user.
