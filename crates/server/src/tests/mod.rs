//! Whole requests against a whole house.

mod access;
mod connections;
mod controls;
mod definitions;
mod facts;
mod house;
mod ingest;
mod reading;
mod roles;
mod setup;
mod sheets;
mod structure;
mod trouble;
