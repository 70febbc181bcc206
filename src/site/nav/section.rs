//! The part of the navigation that a page shows.

use std::ops::Range;

use super::{Nav, Node, NodeId};

/// A level with more nodes than this is cut.
pub const MAX_SIBLINGS: u32 = 100;

/// How many nodes a cut level shows before, and after, the current one.
pub const WINDOW: u32 = 40;

/// One level on the way from the first level to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// The nodes that are shown.
    pub shown: Range<u32>,
    /// All nodes of the level; more than `shown` if the level is cut.
    pub all: Range<u32>,
    /// The one that leads on: the next level holds its children. `None` on the last level, the node's own children.
    pub current: Option<NodeId>,
}

impl Level {
    fn new(all: &Range<u32>, current: Option<NodeId>) -> Self {
        let (first, last) = match current {
            _ if all.len() <= MAX_SIBLINGS as usize => (all.start, all.end),
            Some(NodeId(at)) => (at.saturating_sub(WINDOW), at.saturating_add(WINDOW + 1)),
            None => (all.start, all.start.saturating_add(2 * WINDOW)),
        };
        Self { shown: first.max(all.start)..last.min(all.end), all: all.clone(), current }
    }

    /// How many nodes before those shown are left out.
    pub fn cut_before(&self) -> u32 {
        self.shown.start - self.all.start
    }

    /// How many nodes after those shown are left out.
    pub fn cut_after(&self) -> u32 {
        self.all.end - self.shown.end
    }
}

impl Nav {
    /// The levels from the first one down to a node's siblings, and its children where it has some.
    pub fn section(&self, id: NodeId) -> Vec<Level> {
        let Some(node) = self.get(id) else { return Vec::new() };
        let mut path = self.ancestors(id);
        path.push(id);
        let mut levels: Vec<Level> = path.iter().map(|id| Level::new(&self.siblings(*id), Some(*id))).collect();
        if !node.children.is_empty() {
            levels.push(Level::new(&node.children, None));
        }
        levels
    }

    /// The first level of a table of contents: what a page shows that stands in none.
    pub fn top(&self, table: u32) -> Vec<Level> {
        let table = self.tables.get(table as usize).filter(|table| !table.top.is_empty());
        table.map(|table| Level::new(&table.top, None)).into_iter().collect()
    }

    fn siblings(&self, id: NodeId) -> Range<u32> {
        let Some(node) = self.get(id) else { return 0..0 };
        let below = |parent: &Node| parent.children.clone();
        let top = || self.tables.get(node.table as usize).map(|table| table.top.clone());
        node.parent.and_then(|parent| self.get(parent)).map(below).or_else(top).unwrap_or(0..0)
    }
}
