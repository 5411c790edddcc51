//! The template contract, chapter by chapter.
//! It knows the order of the chapters.
//! It refuses cases without a clause and a reason (tests say so).

pub mod answer;
pub mod cloudevents;
pub mod error;
pub mod life;
pub mod output;
pub mod parallel;
pub mod request;
pub mod secrets;
pub mod streams;

use super::prelude::Chapter;

pub const CHAPTERS: &[Chapter] = &[
    request::CHAPTER,
    answer::CHAPTER,
    error::CHAPTER,
    parallel::CHAPTER,
    streams::CHAPTER,
    life::CHAPTER,
    output::CHAPTER,
    secrets::CHAPTER,
    cloudevents::CHAPTER,
];
