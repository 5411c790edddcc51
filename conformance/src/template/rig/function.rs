//! What the fixture tells of a request, and how to ask it much at once.
//! It knows the shape of its JSON.
//! It refuses to judge it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::judge::Failure;
use crate::watchdog::rig::{Watchdog, proc};
use crate::wire::{Request, Response};

/// A request as the handler saw it.
#[derive(Debug, Deserialize)]
pub struct Echo {
    pub method: String,
    pub path: String,
    pub query: String,
    headers: BTreeMap<String, Vec<String>>,
    pub size: u64,
    pub sha256: String,
    #[serde(rename = "callId")]
    pub call_id: String,
}

impl Echo {
    /// Every value of a field, however it was parted.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let values = self.headers.get(name).into_iter().flatten();
        values
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .collect()
    }
}

/// The request as the handler saw it.
pub fn echo(function: &Watchdog, request: &Request) -> Result<Echo, Failure> {
    json_of(&function.request(request)?)
}

/// The answer's JSON; it is a 200.
pub fn json_of<T: DeserializeOwned>(response: &Response) -> Result<T, Failure> {
    let (status, text) = (response.status, response.text());
    if status != 200 {
        return Err(Failure::failed(format!("{status} with {text:?}")));
    }
    serde_json::from_slice(&response.body)
        .map_err(|e| Failure::failed(format!("no JSON as expected ({e}): {text:?}")))
}

/// Does it so many times beside each other, each told its number; the first failure, if one fails.
pub fn all_at_once(
    count: usize,
    work: impl Fn(usize) -> Result<(), Failure> + Sync,
) -> Result<(), Failure> {
    let work = &work;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..count)
            .map(|number| scope.spawn(move || work(number)))
            .collect();
        workers.into_iter().try_for_each(|worker| {
            let ended = worker.join();
            ended.map_err(|_| Failure::fault("a thread of the case panicked"))?
        })
    })
}

/// The most memory that the function's processes ever had together; the watchdog is none of them.
pub fn peak(function: &Watchdog) -> u64 {
    let processes = proc::marked(function.mark());
    let own = processes.iter().filter(|pid| **pid != function.pid());
    own.filter_map(|pid| proc::memory(*pid, "VmHWM")).sum()
}
