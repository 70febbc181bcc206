//! Work that all threads share.
//!
//! Rayon compiles what divides work, and what runs a part of it, anew for each closure: a few thousand lines each time, of which a build took
//! longer than of most modules. Here it knows one type of closure, behind a pointer; only what is done once an item is compiled for each use.

use std::sync::OnceLock;

use rayon::prelude::*;

/// As many items at once as suits the threads: what is left is divided only when one of them has nothing to do.
pub(crate) const ANY: usize = usize::MAX;

type Half<'w> = Box<dyn FnOnce() + Send + 'w>;

/// Does two things, at once if a thread is free. Panics where one of them does.
pub(crate) fn join<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    let (mut first, mut second) = (None, None);
    join_erased(Box::new(|| first = Some(one())), Box::new(|| second = Some(other())));
    first.zip(second).expect("both were done")
}

fn join_erased(one: Half<'_>, other: Half<'_>) {
    rayon::join(one, other);
}

/// Does something with each item and its number, at most `most` items before another thread may take the next. Panics where this does.
pub(crate) fn for_each<T: Sync>(items: &[T], most: usize, work: impl Fn(usize, &T) + Sync) {
    for_each_erased(items.len(), most, &|at| work(at, &items[at]));
}

fn for_each_erased(count: usize, most: usize, work: &(dyn Fn(usize) + Sync)) {
    (0..count).into_par_iter().with_max_len(most).for_each(work);
}

/// What is made of each item and its number, in their order.
pub(crate) fn map<T: Sync, R: Send + Sync>(items: &[T], most: usize, make: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let made: Vec<OnceLock<R>> = items.iter().map(|_| OnceLock::new()).collect();
    for_each(items, most, |at, item| _ = made[at].set(make(at, item)));
    made.into_iter().filter_map(OnceLock::into_inner).collect()
}

/// Does with each item what may fail. After a failure no more is begun.
///
/// # Errors
/// The first failure.
pub(crate) fn try_for_each<T: Sync, E: Send + Sync>(
    items: &[T],
    most: usize,
    work: impl Fn(usize, &T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let failed = OnceLock::new();
    for_each(items, most, |at, item| {
        if failed.get().is_none()
            && let Err(error) = work(at, item)
        {
            _ = failed.set(error);
        }
    });
    failed.into_inner().map_or(Ok(()), Err)
}

/// Makes of each item what may fail, in their order. After a failure no more is begun.
///
/// # Errors
/// The first failure.
pub(crate) fn try_map<T: Sync, R: Send + Sync, E: Send + Sync>(
    items: &[T],
    most: usize,
    make: impl Fn(usize, &T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let made: Vec<OnceLock<R>> = items.iter().map(|_| OnceLock::new()).collect();
    try_for_each(items, most, |at, item| make(at, item).map(|it| _ = made[at].set(it)))?;
    Ok(made.into_iter().filter_map(OnceLock::into_inner).collect())
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn what_is_made_stands_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        for most in [1, 4, ANY] {
            assert!(map(&items, most, |at, item| (at, item * 2)).into_iter().eq(items.iter().map(|item| (*item, item * 2))));
        }
        assert!(map(&[(); 0], ANY, |at, ()| at).is_empty());
        assert_eq!(try_map(&items, 4, |_, item| Ok::<_, ()>(*item)), Ok(items));
    }

    #[test]
    fn after_a_failure_no_more_is_begun() {
        let (items, begun) = ([(); 10_000], AtomicUsize::new(0));
        let fail = |at: usize, _: &()| {
            begun.fetch_add(1, Ordering::Relaxed);
            if at == 3 { Err(at) } else { Ok(()) }
        };
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one.install(|| try_for_each(&items, ANY, fail)), Err(3));
        assert!(begun.into_inner() < items.len());
        assert_eq!(try_map(&items, 4, |at, ()| if at == 3 { Err(at) } else { Ok(()) }), Err(3));
    }

    #[test]
    fn both_things_are_done_and_a_panic_is_passed_on() {
        assert_eq!(join(|| "one".to_owned(), || 2), ("one".to_owned(), 2));
        let panics = |work: fn()| catch_unwind(AssertUnwindSafe(work)).is_err();
        assert!(panics(|| _ = join(|| 1, || panic!("as told"))));
        assert!(panics(|| for_each(&[1, 2], ANY, |_, item| assert_eq!(*item, 1))));
    }
}
