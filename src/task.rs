//! Tasks that work beside the one that begins them.

use std::pin::Pin;

use tokio::task::{JoinHandle, JoinSet};

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Begins a task. It ends with the runtime, or when it is done.
///
/// What runs, wakes and frees a task is compiled for each type of future and each kind of runtime, thousands of lines each time. Behind a
/// pointer all of them are of one type.
pub fn spawn(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(Box::pin(work) as Boxed)
}

/// Begins a task of a set, as [`spawn`] does.
pub fn spawn_in(set: &mut JoinSet<()>, work: impl Future<Output = ()> + Send + 'static) {
    set.spawn(Box::pin(work) as Boxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tasks_are_waited_for_alone_and_together() {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let mut set = JoinSet::new();
        for number in 0..3 {
            let sender = sender.clone();
            spawn_in(&mut set, async move { sender.send(number).unwrap() });
        }
        set.join_all().await;
        spawn(async move { sender.send(3).unwrap() }).await.unwrap();
        let mut told: Vec<i32> = Vec::new();
        while let Some(number) = receiver.recv().await {
            told.push(number);
        }
        told.sort_unstable();
        assert_eq!(told, [0, 1, 2, 3]);
    }
}
