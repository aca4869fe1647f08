//! Damaged files, failing and full disks, folders that are not as they should be, and limits.

#[cfg(test)]
mod damage;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod folder;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod traffic;
