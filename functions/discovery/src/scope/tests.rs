use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use miyabi_platform::Artifacts;
use tokio::task::yield_now;

use super::*;
use crate::testing::{
    aws::{empty, sdk},
    cycle, place,
};

fn a_scan() -> Scan {
    let kept = Keep::new(Artifacts::inline(), cycle());
    let (settings, asked) = (Arc::default(), Asked::default());
    let now = Timestamp::UNIX_EPOCH;
    Scan::new(place(), &sdk(empty), now, Budget::Published, settings, kept, asked)
}

#[tokio::test]
async fn no_more_calls_than_turns_are_under_way() {
    let scan = Scan { turns: Some(Arc::new(Semaphore::new(2))), ..a_scan() };
    let (under_way, most) = (&AtomicUsize::new(0), &AtomicUsize::new(0));
    let calls = (0..6).map(|call| {
        scan.queued(async move {
            most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            yield_now().await;
            under_way.fetch_sub(1, Ordering::SeqCst);
            call
        })
    });
    assert_eq!(join_all(calls).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_is_done_last_is_answered_in_its_place() {
    let scan = a_scan();
    let done = Mutex::new(Vec::new());
    let answers = scan.each(vec![3, 1, 2], |turns| {
        let done = &done;
        async move {
            for _ in 0..turns {
                yield_now().await;
            }
            lock(done).push(turns);
            turns
        }
    });
    assert_eq!(answers.await, [3, 1, 2]);
    assert_eq!(*lock(&done), [1, 2, 3]);
}
