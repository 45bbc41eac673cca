//! What was made of bytes, kept for when they come again: a plan is made several times in a run, mostly of the same files. Knows nothing of
//! what it keeps, and forgets the oldest.

use std::cell::RefCell;
use std::collections::VecDeque;

/// What was made of the bytes that came last.
pub struct Memo<T> {
    room: usize,
    known: RefCell<VecDeque<(Vec<u8>, T)>>,
}

impl<T: Clone> Memo<T> {
    /// Begins with nothing, and room for what was made of so many.
    #[must_use]
    pub const fn new(room: usize) -> Self {
        Self {
            room,
            known: RefCell::new(VecDeque::new()),
        }
    }

    /// What `make` makes of the bytes, which must depend on nothing else.
    pub fn get(&self, bytes: &[u8], make: impl FnOnce(&[u8]) -> T) -> T {
        let found = |(of, _): &&(Vec<u8>, T)| of == bytes;
        if let Some((_, known)) = self.known.borrow().iter().find(found) {
            return known.clone();
        }
        let new = make(bytes);
        let mut known = self.known.borrow_mut();
        known.truncate(self.room.saturating_sub(1));
        known.push_front((bytes.to_vec(), new.clone()));
        new
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::Memo;

    #[test]
    fn what_came_last_is_made_once() {
        let memo = Memo::new(2);
        let made = Cell::new(0);
        let length = |bytes: &[u8]| {
            memo.get(bytes, |bytes| {
                made.set(made.get() + 1);
                bytes.len()
            })
        };
        for (bytes, times) in [
            (&b"a"[..], 1),
            (b"a", 1),
            (b"bc", 2),
            (b"a", 2),
            (b"def", 3),
            (b"bc", 3),
            (b"a", 4),
        ] {
            assert_eq!((length(bytes), made.get()), (bytes.len(), times));
        }
    }
}
