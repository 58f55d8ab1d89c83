//! Answers that are kept until something else is true: as many as fit, the one that was not asked for longest goes first.
//!
//! What does not live here: when an answer holds no more. Most are kept with the shelf, and go with it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Answers by their questions.
pub(crate) struct Remembered<K, V> {
    most: usize,
    weight: fn(&V) -> usize,
    kept: Mutex<Kept<K, V>>,
}

struct Kept<K, V> {
    answers: HashMap<K, (u64, Arc<V>)>,
    /// Grows with each question.
    asked: u64,
    /// Of all of them.
    weight: usize,
}

impl<K: Clone + Eq + Hash, V> Remembered<K, V> {
    /// Of answers that weigh at most so much together.
    pub(crate) fn of(most: usize, weight: fn(&V) -> usize) -> Self {
        Self { most, weight, kept: Mutex::new(Kept { answers: HashMap::new(), asked: 0, weight: 0 }) }
    }

    /// The answer that is kept.
    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.asked += 1;
        let asked = kept.asked;
        let (used, answer) = kept.answers.get_mut(key)?;
        *used = asked;
        Some(Arc::clone(answer))
    }

    /// The answer that is kept, where it holds; else the one that is made, which is kept then.
    pub(crate) fn get_or(&self, key: &K, holds: impl Fn(&V) -> bool, make: impl FnOnce() -> V) -> Arc<V> {
        match self.try_get_or(key, holds, || Ok::<_, Infallible>(make())) {
            Ok(answer) => answer,
            Err(never) => match never {},
        }
    }

    /// As [`Remembered::get_or`]; what cannot be made is not kept.
    pub(crate) fn try_get_or<E>(
        &self,
        key: &K,
        holds: impl Fn(&V) -> bool,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<Arc<V>, E> {
        if let Some(answer) = self.get(key).filter(|answer| holds(answer)) {
            return Ok(answer);
        }
        // Two who ask for the same at once make it twice, and nobody waits for another's.
        let made = Arc::new(make()?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = kept.asked;
        let weight = |answer: &V| (self.weight)(answer);
        kept.weight += weight(&made);
        if let Some((_, before)) = kept.answers.insert(key.clone(), (asked, Arc::clone(&made))) {
            kept.weight -= weight(&before);
        }
        while kept.weight > self.most {
            let oldest = kept.answers.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { break };
            if let Some((_, gone)) = kept.answers.remove(&oldest) {
                kept.weight -= weight(&gone);
            }
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_last_is_kept_and_what_does_not_hold_is_made_anew() {
        let remembered = Remembered::of(2, |_| 1);
        let ask = |key: u32, made: u32| *remembered.get_or(&key, |_| true, || made);
        assert_eq!([ask(1, 10), ask(2, 20), ask(1, 11)], [10, 20, 10]);
        // The third pushes out the one that was not asked for longest.
        assert_eq!([ask(3, 30), ask(1, 12), ask(2, 21)], [30, 10, 21]);
        assert_eq!(*remembered.get_or(&1, |kept| *kept != 10, || 13), 13);
        assert_eq!(*remembered.get_or(&1, |_| true, || 14), 13);
        assert!(remembered.try_get_or(&9, |_| true, || Err::<u32, ()>(())).is_err());
    }
}
