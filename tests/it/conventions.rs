//! The conventions of existing docsets: alerts, tabs, columns, images, snippets, includes.

use crate::support::Site;

#[test]
fn probe() {
    let b = Site::new()
        .file("a.md", &std::fs::read_to_string(std::env::var("PROBE").unwrap()).unwrap())
        .build();
    println!("{}\n{:#?}", b.text("en/a/"), b.diagnostics.iter().map(|d| (d.code.id(), &d.message, d.span.start)).collect::<Vec<_>>());
}
