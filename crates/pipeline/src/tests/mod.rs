//! The spine as a whole, driven step by step in one thread on disks that forget, tear and fail.

mod crashes;
mod defining;
mod faulty;
mod poisoned;
mod running;
mod same_store;
mod steady;
mod world;
