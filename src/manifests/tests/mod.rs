//! The claims of this room.
