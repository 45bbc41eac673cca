//! Installs NanoClaw skills. A skill is a list of facts about a checkout; a fact that holds has nothing to do; a skill is installed when
//! all its facts hold. One function, [`plan::plan`], is the pre-flight, the preview, the install and the verification.
//!
//! The modules, in reading order.

pub mod answers;
pub mod document;
pub mod names;
pub mod skill;
pub mod skills;
pub mod variables;

pub mod checkout;
pub mod digest;
pub mod dockerfile;
pub mod fact;
pub mod memo;
pub mod payload;
pub mod plan;
pub mod typescript;

pub mod files;
pub mod journal;
pub mod lock;
pub mod sink;

pub mod barrels;
pub mod branch;
pub mod builds;
pub mod doctor;
pub mod env_file;
pub mod groups;
pub mod host;
pub mod interrupt;
pub mod masking;
pub mod needs;
pub mod next;
pub mod pending;
pub mod pinned;
pub mod process;
pub mod provider;
pub mod registry;
pub mod remote;
pub mod temporary;

pub mod cli;
pub mod command;
pub mod demo;
pub mod problem;
pub mod report;
pub mod shown;
pub mod ui;
