//! The native exchange file: JSON Lines, one exchange a line.

use gatewatch_wire::exchange_file;

use super::{Kind, Read, Settings};

pub static KIND: Kind = Kind {
    name: super::NATIVE,
    title: "exchange files (JSON Lines with `request` and `response`)",
    recognise: |sample| sample.json.iter().any(is_exchange),
    read,
};

fn is_exchange(json: &crate::files::json::Json<'_>) -> bool {
    json.get("request")
        .is_some_and(|it| it.get("method").is_some() && it.get("url").is_some())
}

fn read<'l>(line: &'l str, _: &'l Settings) -> Read<'l> {
    exchange_file::read(line.as_bytes())
        .map(Some)
        .map_err(|it| it.to_string().into())
}
