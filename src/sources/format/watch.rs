//! What a web page hides, told while it is walked.

use std::sync::{Mutex, MutexGuard, PoisonError};

use htmd::Element;
use htmd::element_handler::Handlers;

use crate::sources::format::hidden::{Quarantine, StyleSheet};

/// Tells of each element of one page whether its text is seen.
#[derive(Debug)]
pub(crate) struct Watch {
    sheet: StyleSheet,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    quarantine: Quarantine,
    /// How many of the elements around have a coloured ground.
    grounds: usize,
}

/// An element whose text is seen, while it is walked.
#[derive(Debug)]
pub(crate) struct Inside {
    grounds: usize,
}

impl Watch {
    /// Watches a page with its own style sheets.
    pub(crate) fn of_page(page: &str) -> Self {
        Self { sheet: StyleSheet::of_page(page), state: Mutex::default() }
    }

    /// Enters an element; nothing if nobody sees its text, which is counted and left out.
    pub(crate) fn enter(&self, handlers: &dyn Handlers, element: &Element<'_>) -> Option<Inside> {
        let named = |name: &str| {
            let found = element.attrs.iter().find(|attribute| &*attribute.name.local == name);
            found.map(|attribute| &*attribute.value)
        };
        let style = self.sheet.style(element.tag, &named);
        let on_ground = self.state().grounds > 0;
        if let Some(hiding) = style.hiding(on_ground) {
            let text = handlers.walk_children(element.node).content;
            self.state().quarantine.take(hiding, &text);
            return None;
        }
        let grounds = usize::from(style.has_ground());
        self.state().grounds += grounds;
        Some(Inside { grounds })
    }

    /// Leaves an element.
    pub(crate) fn leave(&self, inside: &Inside) {
        let mut state = self.state();
        state.grounds = state.grounds.saturating_sub(inside.grounds);
    }

    /// What was left out.
    pub(crate) fn finish(&self) -> Quarantine {
        std::mem::take(&mut self.state().quarantine)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
