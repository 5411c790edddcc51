//! The keeper of a function: it brings about what is wanted, and keeps it so.
//! It knows the replicas, when one has ended, and how long to wait before the next start.
//! It refuses to take an old replica away before its successors are ready.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::Provider;
use super::faults::seeded;
use super::function::{Function, Wanted};
use super::launch::Launch;
use super::replica::{self, Replica, State};

/// The longest wait before a function that keeps ending is started again.
const LONGEST: Duration = Duration::from_secs(5);
/// One that lived so long has not failed at its start.
const STABLE: Duration = Duration::from_secs(10);

struct Keeper {
    provider: Arc<Provider>,
    function: Arc<Function>,
    members: Vec<Arc<Replica>>,
    tasks: JoinSet<()>,
    changed: Arc<Notify>,
    /// How often replicas of this generation ended by themselves, one soon after the other.
    crashes: u32,
    generation: u64,
    not_before: Instant,
}

/// Keeps the function until it is gone and its last replica has ended.
pub async fn keep(provider: Arc<Provider>, function: Arc<Function>) {
    let mut wanted = function.watch_wanted();
    let mut keeper = Keeper {
        provider,
        function,
        members: Vec::new(),
        tasks: JoinSet::new(),
        changed: Arc::new(Notify::new()),
        crashes: 0,
        generation: 0,
        not_before: Instant::now(),
    };
    loop {
        let want = wanted.borrow_and_update().clone();
        let waiting = keeper.turn(&want);
        if want.gone && keeper.members.is_empty() {
            break;
        }
        let changed = Arc::clone(&keeper.changed);
        tokio::select! {
            _ = wanted.changed() => {}
            () = changed.notified() => {}
            () = sleep_until(keeper.not_before), if waiting => {}
        }
        while keeper.tasks.try_join_next().is_some() {}
    }
    while keeper.tasks.join_next().await.is_some() {}
    if !seeded!(LogsStayOpen) {
        keeper.function.log.close();
    }
}

impl Keeper {
    /// One step towards what is wanted; whether a start has to wait.
    fn turn(&mut self, want: &Wanted) -> bool {
        if self.generation != want.generation {
            self.generation = want.generation;
            self.crashes = 0;
            self.not_before = Instant::now();
        }
        self.bury();
        let views: Vec<View> = self.members.iter().map(|member| View::of(member)).collect();
        let plan = plan(want, &views);
        let leaving: Vec<Arc<Replica>> = plan
            .stop
            .iter()
            .filter_map(|&index| self.members.get(index).cloned())
            .collect();
        let is_leaving = |one: &Arc<Replica>| leaving.iter().any(|other| Arc::ptr_eq(one, other));
        let ready = self.members.iter().filter(|member| {
            member.state() == State::Ready && !member.stopping() && !is_leaving(member)
        });
        self.function.publish(ready.cloned().collect());
        for member in leaving {
            member.stop();
        }
        if seeded!(NeverRestarted) && self.crashes > 0 {
            return false;
        }
        if plan.start > 0 && Instant::now() < self.not_before {
            return true;
        }
        for _ in 0..plan.start {
            self.start(want);
        }
        false
    }

    /// Forgets those that have ended.
    fn bury(&mut self) {
        let generation = self.generation;
        let mut crashed = Vec::new();
        self.members.retain(|member| {
            let ended = member.state() == State::Ended;
            if ended && !member.stopping() && member.generation == generation {
                crashed.push(member.born.elapsed());
            }
            !ended
        });
        if seeded!(CrashDisturbs) && !crashed.is_empty() {
            for other in self.provider.world.all() {
                other.publish(Vec::new());
            }
        }
        for lived in crashed {
            self.crashes = if lived > STABLE { 0 } else { self.crashes + 1 };
            self.not_before = Instant::now() + pause(self.crashes);
        }
    }

    fn start(&mut self, want: &Wanted) {
        let instance = format!("{}-{:08x}", self.function.name, fastrand::u32(..));
        match Launch::new(&self.provider, &self.function, want, &instance) {
            Ok((launch, address)) => {
                let replica = Arc::new(Replica::new(&instance, want.generation, address));
                self.members.push(Arc::clone(&replica));
                let (function, changed) = (Arc::clone(&self.function), Arc::clone(&self.changed));
                self.tasks
                    .spawn(replica::live(replica, function, launch, changed));
            }
            Err(error) => {
                let why = format!("reference provider: no address for a replica: {error}");
                self.function
                    .log
                    .add(&instance.as_str().into(), why.as_bytes());
                self.crashes += 1;
                self.not_before = Instant::now() + pause(self.crashes);
                self.changed.notify_one();
            }
        }
    }
}

/// The wait before the next start, after so many crashes in a row. The first one costs nothing.
fn pause(crashes: u32) -> Duration {
    match crashes {
        0 | 1 => Duration::ZERO,
        more => LONGEST.min(Duration::from_millis(100) * 2_u32.saturating_pow(more - 2)),
    }
}

/// What a plan needs to know of a replica.
#[derive(Clone, Copy, Debug)]
struct View {
    generation: u64,
    ready: bool,
    stopping: bool,
}

impl View {
    fn of(replica: &Replica) -> Self {
        Self {
            generation: replica.generation,
            ready: replica.state() == State::Ready,
            stopping: replica.stopping(),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Plan {
    start: usize,
    stop: Vec<usize>,
}

fn plan(want: &Wanted, views: &[View]) -> Plan {
    let replicas = if want.gone { 0 } else { want.replicas };
    let replicas = usize::try_from(replicas).unwrap_or(usize::MAX);
    let there = || views.iter().enumerate().filter(|(_, view)| !view.stopping);
    let mut current: Vec<(usize, &View)> = there()
        .filter(|(_, view)| view.generation == want.generation)
        .collect();
    let ready = current.iter().filter(|(_, view)| view.ready).count();
    let start = replicas.saturating_sub(current.len());
    // Those that are not ready go first, and then the newest.
    current.sort_by_key(|(index, view)| (!view.ready, *index));
    let mut stop: Vec<usize> = current
        .iter()
        .skip(replicas)
        .map(|(index, _)| *index)
        .collect();
    if ready >= replicas {
        let old = there().filter(|(_, view)| view.generation != want.generation);
        stop.extend(old.map(|(index, _)| index));
    }
    Plan { start, stop }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::reference::deployment::Deployment;
    use crate::provider::reference::image::Image;

    fn want(generation: u64, replicas: u32, gone: bool) -> Wanted {
        Wanted {
            deployment: Arc::new(Deployment::default()),
            image: Arc::new(Image::default()),
            generation,
            replicas,
            gone,
        }
    }

    fn view(generation: u64, ready: bool) -> View {
        View {
            generation,
            ready,
            stopping: false,
        }
    }

    #[test]
    fn an_old_replica_stays_until_the_new_one_is_ready() {
        let want = want(2, 1, false);
        let old = view(1, true);
        assert_eq!(
            plan(&want, &[old]),
            Plan {
                start: 1,
                stop: vec![]
            }
        );
        assert_eq!(
            plan(&want, &[old, view(2, false)]),
            Plan {
                start: 0,
                stop: vec![]
            }
        );
        assert_eq!(
            plan(&want, &[old, view(2, true)]),
            Plan {
                start: 0,
                stop: vec![0]
            }
        );
    }

    #[test]
    fn what_is_too_many_goes() {
        let three = [view(1, true), view(1, false), view(1, true)];
        assert_eq!(
            plan(&want(1, 1, false), &three),
            Plan {
                start: 0,
                stop: vec![2, 1]
            }
        );
        assert_eq!(
            plan(&want(1, 0, false), &three[..1]),
            Plan {
                start: 0,
                stop: vec![0]
            }
        );
        assert_eq!(
            plan(&want(1, 3, true), &three[..1]),
            Plan {
                start: 0,
                stop: vec![0]
            }
        );
        assert_eq!(
            plan(&want(1, 5, false), &three),
            Plan {
                start: 2,
                stop: vec![]
            }
        );
    }

    #[test]
    fn one_that_keeps_ending_is_started_less_often() {
        assert_eq!(pause(1), Duration::ZERO);
        assert_eq!(pause(2), Duration::from_millis(100));
        assert_eq!(pause(4), Duration::from_millis(400));
        assert_eq!(pause(99), LONGEST);
    }
}
