//! What needs the cluster to itself, one after the other: `make alone-tests` runs these when the others are through.

mod apiserver;
mod demo;
mod undecodable;
