//! Lists as comma-separated values (RFC 4180), written page by page while they are read.
//! A cell that a spreadsheet would take for a formula gets an apostrophe in front.

mod endpoints;

use std::future::Future;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use gatewatch_ports::store::Page;

pub(crate) use self::endpoints::endpoints;
use crate::asked::{Asked, Param, ParamKind};
use crate::problem::Problem;

pub(crate) const MEDIA_TYPE: &str = "text/csv";
const ROWS_MAX: u64 = 100_000;
const PAGE_ROWS: u64 = 1_000;

/// What makes a formula of a cell at its start; some programs read the wide forms too.
const FORMULA_SIGNS: [char; 11] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

pub(crate) const FORMAT: Param = Param {
    name: "format",
    what: "Without it the `Accept` header decides.",
    kind: ParamKind::Choice(|| vec!["json", "csv"]),
};

/// What is written of a list.
pub(crate) struct Sheet {
    /// Of the file, without its ending.
    pub name: &'static str,
    /// Their names, with commas between them.
    pub columns: &'static str,
    /// Rows from here on, and so many.
    pub offset: u64,
    pub limit: u64,
}

pub(crate) fn is_asked(asked: &Asked, headers: &HeaderMap) -> bool {
    match asked.choice("format") {
        Some(format) => format == "csv",
        None => headers
            .get(ACCEPT)
            .is_some_and(|it| it.as_bytes().starts_with(MEDIA_TYPE.as_bytes())),
    }
}

/// How many rows are asked for. A page is short for people; a spreadsheet takes all there are.
pub(crate) fn rows(asked: &Asked) -> u64 {
    if asked.is_given("limit") {
        asked.whole("limit")
    } else {
        ROWS_MAX
    }
}

/// Asks for lines from an offset on, a page at a time. The first page is read before the answer
/// begins, so that what fails at once says why.
pub(crate) async fn write<A>(
    sheet: Sheet,
    read: impl Fn(u64, u64) -> A + Send + 'static,
) -> Result<Response, Problem>
where
    A: Future<Output = Result<Page<String>, Problem>> + Send + 'static,
{
    let end = sheet.offset.saturating_add(sheet.limit.min(ROWS_MAX));
    let ask = move |from: u64| {
        let page = read(from, PAGE_ROWS.min(end - from));
        async move {
            let Page { items, total } = page.await?;
            let next = from + items.len() as u64;
            let is_last = items.is_empty() || next >= total.min(end);
            Ok((items.concat(), (!is_last).then_some(next)))
        }
    };
    let (first, next) = ask(sheet.offset).await?;
    let first = format!("{}\r\n{first}", sheet.columns);
    let rest = stream::try_unfold(next, move |next| {
        let page = next.map(&ask);
        async move {
            match page {
                None => Ok(None),
                // The answer has begun: breaking it off is the only way to say so.
                Some(page) => page
                    .await
                    .map(Some)
                    .map_err(|it: Problem| std::io::Error::other(it.detail)),
            }
        }
    });
    let first = stream::once(async move { Ok::<_, std::io::Error>(first) });
    let headers = [
        (
            CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present".to_owned(),
        ),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}.csv\"", sheet.name),
        ),
    ];
    Ok((headers, Body::from_stream(first.chain(rest))).into_response())
}

/// A row with its end.
pub(crate) fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells = cells.into_iter().map(|it| cell(&it));
    cells.collect::<Vec<_>>().join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    let is_formula = text.starts_with(FORMULA_SIGNS);
    let safe = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if safe.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_disarmed() {
        for (text, written) in [
            ("/orders/{id}", "/orders/{id}"),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\n=1", "\"'\n=1\""),
            ("\u{ff1d}1", "'\u{ff1d}1"),
        ] {
            assert_eq!(cell(text), written);
        }
    }

    #[test]
    fn commas_quotes_and_line_ends_stay_in_their_cell() {
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("a\"b"), "\"a\"\"b\"");
        assert_eq!(cell("a\r\nb"), "\"a\r\nb\"");
    }

    #[test]
    fn a_browser_gets_json_and_a_spreadsheet_csv() {
        let accept = |text: &'static str| HeaderMap::from_iter([(ACCEPT, text.parse().unwrap())]);
        assert!(is_asked(&Asked::default(), &accept("text/csv, */*")));
        assert!(!is_asked(&Asked::default(), &accept("text/html, */*")));
    }
}
