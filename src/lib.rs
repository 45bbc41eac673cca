//! Skeleton
pub mod skill;
