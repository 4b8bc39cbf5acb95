//! stub
use crate::service::Service;
use std::sync::Arc;
/// stub
pub async fn serve(
    _: tokio::net::TcpListener,
    _: Arc<Service>,
    _: tokio_util::sync::CancellationToken,
) -> std::io::Result<()> {
    Ok(())
}
