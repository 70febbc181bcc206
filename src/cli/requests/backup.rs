//! A copy of the store that can be put in its place.

use std::path::Path;

use super::Failure;
use super::print::say;
use crate::intake::store::Store;

pub(super) async fn run(store: &Store, file: &Path) -> Result<(), Failure> {
    let requests = store.backup(file).await?;
    say(&format!("Requests in the backup: {requests}. It holds the signing secret too: keep it as safe as the database."));
    Ok(())
}
