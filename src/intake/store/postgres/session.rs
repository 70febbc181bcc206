//! What must hold on every connection.

use deadpool_postgres::{ClientWrapper, HookError};

/// Sets how long a statement may take, and refuses a server that would answer a commit before it is on disk.
pub(super) async fn prepare(client: &mut ClientWrapper) -> Result<(), HookError> {
    let set = "SET statement_timeout = '5s'; SET lock_timeout = '4s'; SET idle_in_transaction_session_timeout = '5s';
        SET default_transaction_isolation = 'read committed'";
    client.batch_execute(set).await.map_err(HookError::Backend)?;
    let settings = "SELECT current_setting('synchronous_commit'), current_setting('fsync')";
    let row = client.query_one(settings, &[]).await.map_err(HookError::Backend)?;
    let (commit, fsync): (String, String) = (row.get(0), row.get(1));
    // remote_write and remote_apply wait for the local disk as well (PostgreSQL manual, §20.5.1).
    if !["on", "remote_apply", "remote_write"].contains(&commit.as_str()) {
        return Err(HookError::message(format!(
            "PostgreSQL answers a commit before it is on disk: synchronous_commit is {commit}"
        )));
    }
    if fsync != "on" {
        return Err(HookError::message(format!("PostgreSQL does not keep its data through a crash: fsync is {fsync}")));
    }
    Ok(())
}
