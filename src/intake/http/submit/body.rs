//! The body of a request, within its time and size.
//!
//! A connection that is closed on bytes that nobody has read is reset, and the answer may be lost with it (RFC 9112 §9.6); a proxy then
//! tells its reader that nobody is there. Behind nginx this was so for bodies of 100 KiB. So a body that is not wanted is read on and
//! thrown away, up to a size.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, HttpBody};

use crate::intake::http::problem::Refusal;
use crate::intake::submission::decode::MOST_BYTES;

/// The most bytes that are thrown away. What says beforehand that it is larger is not waited for.
const MOST_DROPPED: usize = 8 * 1024 * 1024;

/// Reads the whole body.
pub(super) async fn read(body: Body, time: Duration) -> Result<Vec<u8>, Refusal> {
    if body.size_hint().lower() > MOST_DROPPED as u64 {
        return Err(Refusal::TooLarge);
    }
    tokio::time::timeout(time, collect(body)).await.map_err(|_| Refusal::Timeout)?
}

async fn collect(body: Body) -> Result<Vec<u8>, Refusal> {
    let mut body = pin!(body);
    let (mut kept, mut size) = (Vec::new(), 0_usize);
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| Refusal::Malformed)?.into_data() else { continue };
        size = size.saturating_add(data.len());
        if size > MOST_DROPPED {
            break;
        }
        if size <= MOST_BYTES {
            kept.extend_from_slice(&data);
        }
    }
    if size > MOST_BYTES { Err(Refusal::TooLarge) } else { Ok(kept) }
}
