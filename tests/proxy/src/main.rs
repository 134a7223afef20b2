//! `miyabi-proxy REST [SERVICE=ENDPOINT …] [--written DIRECTORY …]` prints its endpoint and serves until it is stopped.

use anyhow::{Context, Result};
use miyabi_proxy::{Proxy, Upstreams, written};

// On one thread it takes less of the cores that it shares with what is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let rest = arguments.next().context("the first argument is the endpoint of most services")?;
    let mut upstreams = Upstreams { rest, ..Upstreams::default() };
    while let Some(argument) = arguments.next() {
        if argument == "--written" {
            let directory = arguments.next().context("--written wants a directory")?;
            upstreams.written.extend(written::read(directory.as_ref())?);
        } else {
            let (service, endpoint) = argument.split_once('=').context("not SERVICE=ENDPOINT")?;
            upstreams.services.insert(service.to_owned(), endpoint.to_owned());
        }
    }
    let proxy = Proxy::start(upstreams).await?;
    println!("{}", proxy.endpoint());
    Ok(tokio::signal::ctrl_c().await?)
}
