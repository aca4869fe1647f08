//! Lines that wait until every file is read: what a request was, and where it went at the time.
//! A few stay in memory; more go to a temporary file, so that memory is bounded.

use std::borrow::Cow;
use std::io::{BufReader, BufWriter, IntoInnerError, Read, Seek, Write};

use anyhow::Context;
use gatewatch_decode::Api;
use gatewatch_model::caller::prefix;
use gatewatch_model::signal::{Judgement, Signal};
use gatewatch_model::{EndpointId, Exchange};
use minicbor::{Decode, Encode};
use tempfile::SpooledTempFile;

use super::hits::Waiting;
use super::reading::Item;

const MEMORY_BYTES_MAX: usize = 16 << 20;
/// What is kept of a URL; a template is shorter.
const URL_BYTES_MAX: usize = 2 << 10;
const METHOD_BYTES_MAX: usize = 64;

/// An exchange whose endpoint is not settled yet: what its name follows from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Provisional<'p> {
    #[b(0)]
    pub id: Option<Cow<'p, str>>,
    #[n(1)]
    pub file: u32,
    #[n(2)]
    pub line: u64,
    #[n(3)]
    pub partition: u16,
    /// Where it was counted; `None` when there was no room.
    #[n(4)]
    pub endpoint: Option<EndpointId>,
    #[b(5)]
    pub method: Cow<'p, str>,
    /// The URL without what follows a `?`.
    #[b(6)]
    pub url: Cow<'p, str>,
    /// Set where the gateway names them.
    #[b(7)]
    pub service: Cow<'p, str>,
    #[b(8)]
    pub workspace: Cow<'p, str>,
    #[b(9)]
    pub api: Cow<'p, str>,
    #[b(10)]
    pub host: Cow<'p, str>,
    #[n(11)]
    pub hits: Vec<Waiting>,
    #[n(12)]
    pub signals: Vec<Signal>,
    #[n(13)]
    pub judgement: Judgement,
}

impl<'p> Provisional<'p> {
    pub fn new(item: &Item, exchange: &'p Exchange<'_>, endpoint: Option<EndpointId>) -> Self {
        let url = exchange.request.url.split(['?', '#']).next();
        let mut line = Provisional {
            id: exchange
                .id
                .as_deref()
                .filter(|it| !it.is_empty())
                .map(Cow::Borrowed),
            file: item.file,
            line: item.line,
            partition: item.partition,
            endpoint,
            method: prefix(&exchange.request.method, METHOD_BYTES_MAX).into(),
            url: prefix(url.unwrap_or_default(), URL_BYTES_MAX).into(),
            ..Provisional::default()
        };
        match gatewatch_decode::api(exchange) {
            Api::Named {
                service,
                workspace,
                api,
            } => {
                (line.service, line.workspace) = (service.into(), workspace.into());
                line.api = api.into();
            }
            Api::Host(host) => line.host = host,
            Api::Unknown => (),
        }
        line
    }

    /// An exchange that belongs to the same collection and has the same path.
    pub fn exchange(&self) -> Exchange<'_> {
        let text = |text: &'_ Cow<'_, str>| {
            Some(text.to_string().into()).filter(|it: &Cow<'_, str>| !it.is_empty())
        };
        let mut exchange = Exchange {
            service: text(&self.service),
            workspace: text(&self.workspace),
            api: text(&self.api),
            ..Exchange::default()
        };
        exchange.request.method = Cow::Borrowed(&self.method);
        exchange.request.url = Cow::Borrowed(&self.url);
        exchange.request.headers = Some(vec![("host".into(), Cow::Borrowed(&self.host))]);
        exchange
    }
}

pub struct Spill {
    file: BufWriter<SpooledTempFile>,
    lines: u64,
    bytes: Vec<u8>,
}

impl Spill {
    pub fn new() -> Spill {
        Spill {
            file: BufWriter::new(SpooledTempFile::new(MEMORY_BYTES_MAX)),
            lines: 0,
            bytes: Vec::new(),
        }
    }

    pub fn push(&mut self, line: &Provisional<'_>) -> anyhow::Result<()> {
        self.bytes.clear();
        // Writing to memory cannot fail.
        drop(minicbor::encode(line, &mut self.bytes));
        let length = self.bytes.len() as u32;
        let written = self
            .file
            .write_all(&length.to_le_bytes())
            .and_then(|()| self.file.write_all(&self.bytes));
        written.context(NO_ROOM)?;
        self.lines += 1;
        Ok(())
    }

    /// Hands on every line in the order in which it was pushed.
    pub fn each(
        self,
        take: &mut dyn FnMut(&Provisional<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut file = self
            .file
            .into_inner()
            .map_err(IntoInnerError::into_error)
            .context(NO_ROOM)?;
        file.rewind().context(NO_ROOM)?;
        let mut file = BufReader::with_capacity(256 << 10, file);
        let mut bytes = Vec::new();
        for _ in 0..self.lines {
            let mut length = [0; 4];
            file.read_exact(&mut length).context(NO_ROOM)?;
            bytes.resize(u32::from_le_bytes(length) as usize, 0);
            file.read_exact(&mut bytes).context(NO_ROOM)?;
            take(&minicbor::decode(&bytes).context("a temporary file changed under way")?)?;
        }
        Ok(())
    }
}

const NO_ROOM: &str = "cannot use a temporary file; name a folder with room in TMPDIR";

#[cfg(test)]
mod tests {
    use gatewatch_model::signal::Severity;

    use super::*;

    fn signal() -> Signal {
        Signal {
            detection: "injection.sql".into(),
            class: "sqli".into(),
            place: "$.request.query.id".into(),
            confidence: 98,
            severity: Severity::High,
            judgement: Judgement::Attack,
        }
    }

    #[test]
    fn lines_come_back_in_their_order_from_memory_and_from_disk() {
        for count in [10_u64, 200_000] {
            let mut spill = Spill::new();
            let line = |number: u64| Provisional {
                id: number
                    .is_multiple_of(3)
                    .then(|| format!("id-{number}").into()),
                file: 1,
                line: number,
                partition: 7,
                endpoint: number.is_multiple_of(2).then_some(EndpointId([9; 16])),
                host: "api.example.com".into(),
                method: "GET".into(),
                url: format!("/a/{number}/and/some/more/of/it").into(),
                signals: number.is_multiple_of(5).then(signal).into_iter().collect(),
                judgement: Judgement::Suspicious,
                ..Provisional::default()
            };
            (0..count).for_each(|it| spill.push(&line(it)).unwrap());
            let mut next = 0;
            spill
                .each(&mut |it| {
                    assert_eq!(*it, line(next));
                    next += 1;
                    Ok(())
                })
                .unwrap();
            assert_eq!(next, count);
        }
    }
}
