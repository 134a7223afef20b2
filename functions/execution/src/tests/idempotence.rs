//! Whatever is lost, called again or called twice at once: each effect happens once.

use miyabi_types::error::ErrorName;
use proptest::prelude::*;

use super::{
    fake::{Failure, Stage},
    kind,
};

/// What can happen to a cycle from outside.
#[derive(Debug, Clone)]
enum Event {
    Call,
    CallTwiceAtOnce,
    LoseWrite(u32),
    LoseAnswer(usize),
    Throttle(usize),
    Slow(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Call),
        Just(Event::CallTwiceAtOnce),
        (1..8_u32).prop_map(Event::LoseWrite),
        (0..3_usize).prop_map(Event::LoseAnswer),
        (0..3_usize).prop_map(Event::Throttle),
        (0..3_usize).prop_map(Event::Slow),
    ]
}

async fn go_through(stage: &Stage, events: Vec<Event>, step: &'static str, forwards: bool) {
    let call = async || {
        if forwards {
            let _ = stage.executor.wave(&stage.cycle, 0).await;
        } else {
            let _ = stage.executor.rollback(&stage.cycle.tenant, stage.cycle.cycle, None).await;
        }
    };
    for event in events {
        match event {
            Event::Call => call().await,
            Event::CallTwiceAtOnce => {
                futures::join!(call(), call());
            }
            Event::LoseWrite(number) => stage.table.fail_write(number),
            Event::LoseAnswer(task) => {
                stage.cloud.fail(&stage.waves[0][task], step, Failure::After);
            }
            Event::Throttle(task) => {
                let failure = Failure::Before(ErrorName::Throttled);
                stage.cloud.fail(&stage.waves[0][task], "read", failure);
            }
            Event::Slow(task) => {
                stage.cloud.change(&stage.waves[0][task], |target| target.slow += 1);
            }
        }
    }
    stage.table.fail_write(0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is lost, called again or called twice at once: each effect happens once.
    #[test]
    fn each_effect_happens_once(
        events in proptest::collection::vec(event(), 0..12),
        back in proptest::collection::vec(event(), 0..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let stage = Stage::auto(&[3]);
            go_through(&stage, events, "apply", true).await;
            assert_eq!(stage.wave_through(0).await.completed, 3);
            for task in &stage.waves[0] {
                assert_eq!(stage.cloud.target(task).effects, 1);
                assert_eq!(stage.cloud.target(task).live, kind("gp3"));
            }
            go_through(&stage, back, "undo", false).await;
            assert_eq!(stage.rollback_through(None).await.completed, 3);
            for task in &stage.waves[0] {
                assert_eq!(stage.cloud.target(task).effects, 2);
                assert_eq!(stage.cloud.target(task).live, kind("gp2"));
            }
        });
    }
}
