//! `miyabi-proxy REST [SERVICE=ENDPOINT …]` prints its endpoint and serves until it is stopped.

use anyhow::{Context, Result};
use miyabi_proxy::{Proxy, Upstreams};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let rest = arguments.next().context("the first argument is the endpoint of most services")?;
    let services = arguments
        .map(|pair| {
            let (service, endpoint) = pair.split_once('=').context("not SERVICE=ENDPOINT")?;
            Ok((service.to_owned(), endpoint.to_owned()))
        })
        .collect::<Result<_>>()?;
    let proxy = Proxy::start(Upstreams { rest, services }).await?;
    println!("{}", proxy.endpoint());
    Ok(tokio::signal::ctrl_c().await?)
}
