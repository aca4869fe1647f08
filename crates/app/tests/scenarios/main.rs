//! The real binary in processes of its own, over real HTTP on 127.0.0.1.

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod canaries;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod explaining;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod killing;
#[cfg(test)]
mod origins;
#[cfg(test)]
mod restoring;
#[cfg(test)]
mod running;
#[cfg(test)]
mod saying;
#[cfg(test)]
mod scanning;
#[cfg(test)]
mod sending;
#[cfg(test)]
mod sensitive;
#[cfg(test)]
mod serving;
