//! The watchdog contract, chapter by chapter.
//! It knows the order of the chapters.
//! It refuses cases without a clause (a test says so).

pub mod auth;
pub mod classic;
pub mod config;
pub mod files;
pub mod health;
pub mod integrity;
pub mod lifecycle;
pub mod limits;
pub mod logs;
pub mod metrics;
pub mod prefork;
pub mod proxy;
pub mod serializing;
pub mod server;
pub mod streaming;
pub mod upgrade;

use super::prelude::Chapter;

pub const CHAPTERS: &[Chapter] = &[
    config::CHAPTER,
    server::CHAPTER,
    classic::CHAPTER,
    serializing::CHAPTER,
    streaming::CHAPTER,
    proxy::CHAPTER,
    upgrade::CHAPTER,
    files::CHAPTER,
    health::CHAPTER,
    lifecycle::CHAPTER,
    logs::CHAPTER,
    metrics::CHAPTER,
    limits::CHAPTER,
    auth::CHAPTER,
    integrity::CHAPTER,
    prefork::CHAPTER,
];
