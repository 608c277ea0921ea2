//! `scim-operator endpoint` as a process: SCIM in front, access and admin beside it.

mod auth;
