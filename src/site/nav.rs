//! The navigation: what stands where in the tables of contents, and what of it a page shows.
//!
//! Nodes lie in one array, the children of a node side by side, so that a level of the navigation is a range. A page shows
//! the levels on the way to it ([`Nav::section`]), each cut to a window: the output grows with the number of pages,
//! not with its square.

mod build;
mod section;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::diag::Span;
use crate::ordered::Map;
use crate::vpath::SourcePath;

use super::redirect::RedirectTarget;
use super::toc::TocName;

pub use build::build;
pub use section::{Level, MAX_SIBLINGS, WINDOW};

/// A page of the catalogue, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId(pub u32);

/// A node of the navigation, by its place in the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// How the navigation finds pages. A function from a path to a page will do.
pub trait Pages {
    /// The page of a file.
    fn page(&self, path: &SourcePath) -> Option<PageId>;

    /// The page of a file whose path differs in upper and lower case only, and the path as it is.
    fn ignoring_case(&self, _path: &SourcePath) -> Option<(PageId, SourcePath)> {
        None
    }

    /// The page with a `uid`.
    fn uid(&self, _uid: &str) -> Option<PageId> {
        None
    }

    /// Where a page has moved, through all redirections.
    fn moved(&self, _path: &SourcePath) -> Option<RedirectTarget> {
        None
    }

    /// Where an address that starts with `/` leads: to a page of this site, or into the web site that the docset was written for. `None` if it
    /// leads to neither.
    fn site(&self, address: &str) -> Option<NavTarget> {
        Some(NavTarget::SiteAbsolute(address.to_owned()))
    }
}

impl<F: Fn(&SourcePath) -> Option<PageId>> Pages for F {
    fn page(&self, path: &SourcePath) -> Option<PageId> {
        self(path)
    }
}

/// Where a node leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NavTarget {
    /// Nowhere: a section without a page.
    None,
    /// A page, and the fragment without its `#`.
    Page(PageId, Option<String>),
    /// An address of the scheme http, https, mailto or tel.
    External(String),
    /// An address that starts with `/` and names no page of this site: in the web site that the docset was written for.
    SiteAbsolute(String),
}

/// An entry of the navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The node above it; `None` on the first level.
    pub parent: Option<NodeId>,
    /// The nodes below it, as a range of the array.
    pub children: Range<u32>,
    /// What it is called.
    pub name: TocName,
    /// Where it leads.
    pub target: NavTarget,
    /// Where it leads in other languages, of what leads out of the site: by the tag in the name of a parallel table.
    pub elsewhere: Map<String, String>,
    /// The table of contents it belongs to: an index of [`Nav::tables`].
    pub table: u32,
    /// How far down it stands; 0 on the first level.
    pub depth: u32,
    /// Other words that it may be searched by.
    pub synonyms: Option<String>,
    /// Whether its children are shown from the start.
    pub expanded: bool,
}

/// One table of contents with all that is nested in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The file.
    pub path: SourcePath,
    /// Its first level, as a range of the array.
    pub top: Range<u32>,
}

/// The navigation of a docset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nav {
    nodes: Vec<Node>,
    tables: Vec<Table>,
    /// The first table of each folder.
    of_folder: BTreeMap<String, u32>,
    of_page: BTreeMap<PageId, NodeId>,
    /// The pages in reading order, each where it stands first.
    order: Vec<NodeId>,
    /// The place of a node in `order`.
    place: BTreeMap<NodeId, usize>,
    /// The nodes whose entries name a place in their page, each with where its address is written.
    fragments: Vec<(NodeId, Span)>,
}

impl Nav {
    /// The tables of contents, sorted by path.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no navigation: the docset has no table of contents, or only dead entries.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node. An id of another navigation may give any node, or none.
    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// Nodes side by side, with their ids.
    pub fn range(&self, range: Range<u32>) -> impl Iterator<Item = (NodeId, &Node)> {
        range.filter_map(|at| Some((NodeId(at), self.get(NodeId(at))?)))
    }

    /// Where a page stands; of several places the first in the table of its own folder, or else the first of all.
    pub fn node_of(&self, page: PageId) -> Option<NodeId> {
        self.of_page.get(&page).copied()
    }

    /// The table of contents for a file that may stand in none: the one in the nearest folder above it.
    pub fn table_of(&self, path: &SourcePath) -> Option<u32> {
        let mut folders = std::iter::successors(Some(path.folder()), |folder| above(folder));
        folders.find_map(|folder| self.of_folder.get(folder).copied())
    }

    /// The nodes above a node, from the first level down: the breadcrumb, without the node itself.
    pub fn ancestors(&self, id: NodeId) -> Vec<NodeId> {
        let parent = |id: &NodeId| self.get(*id).and_then(|node| node.parent);
        let mut above: Vec<NodeId> = std::iter::successors(parent(&id), parent).collect();
        above.reverse();
        above
    }

    /// The page before this one in reading order, in the same table of contents.
    pub fn previous(&self, page: PageId) -> Option<PageId> {
        let (node, at) = self.reading_place(page)?;
        self.neighbour(node, at.checked_sub(1)?)
    }

    /// The page after this one in reading order, in the same table of contents.
    pub fn next(&self, page: PageId) -> Option<PageId> {
        let (node, at) = self.reading_place(page)?;
        self.neighbour(node, at + 1)
    }

    /// All pages of the navigation in reading order, each once.
    pub fn reading_order(&self) -> impl Iterator<Item = PageId> {
        self.order.iter().filter_map(|id| self.get(*id)?.page())
    }

    /// The places in pages that entries name: the page, the fragment, and where the entry's address is written.
    pub fn fragments(&self) -> impl Iterator<Item = (PageId, &str, &Span)> {
        self.fragments.iter().filter_map(|(id, at)| match &self.get(*id)?.target {
            NavTarget::Page(page, Some(fragment)) => Some((*page, fragment.as_str(), at)),
            _ => None,
        })
    }

    fn reading_place(&self, page: PageId) -> Option<(&Node, usize)> {
        let id = self.node_of(page)?;
        Some((self.get(id)?, *self.place.get(&id)?))
    }

    fn neighbour(&self, of: &Node, at: usize) -> Option<PageId> {
        self.order.get(at).and_then(|id| self.get(*id)).filter(|node| node.table == of.table)?.page()
    }
}

impl NavTarget {
    /// The same with the fragment that an entry names, which is stronger than that of a redirection if the page is of this site.
    fn with(self, fragment: Option<String>) -> Self {
        match self {
            Self::Page(page, known) => Self::Page(page, fragment.or(known)),
            Self::SiteAbsolute(address) if !address.contains('#') => {
                Self::SiteAbsolute(address + &fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default())
            }
            other => other,
        }
    }
}

impl Node {
    /// The page it leads to.
    pub fn page(&self) -> Option<PageId> {
        if let NavTarget::Page(page, _) = &self.target { Some(*page) } else { None }
    }
}

/// The folder above a folder; the root's name is empty.
fn above(folder: &str) -> Option<&str> {
    (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above))
}

fn is_below(path: &SourcePath, folder: &str) -> bool {
    folder.is_empty() || path.as_str().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
