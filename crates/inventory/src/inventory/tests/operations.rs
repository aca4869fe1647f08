//! Names of operations: masked as words of paths are, and never kept as text where few have sent
//! them.

use gatewatch_testkit::Rng;

use super::privacy::{MARK, check_clean, keyed};
use super::*;

/// A call whose name is said by one of the ways to name an operation.
fn named(way: usize, name: &str) -> Exchange<'static> {
    let (kind, body) = match way {
        0 => (
            "application/json",
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{name}"}}"#),
        ),
        1 => (
            "application/json",
            format!(r#"{{"query":"query {name} {{ orders {{ id }} }}"}}"#),
        ),
        2 => (
            "application/json",
            format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}"}}}}"#
            ),
        ),
        _ => (
            "text/xml",
            "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><a/></e:Body></e:Envelope>".into(),
        ),
    };
    let path = ["rpc", "graphql", "mcp", "soap"][way];
    let mut exchange = exchange(&format!("POST https://a.example/{path} 200"));
    exchange.request.headers = Some(vec![
        ("content-type".into(), kind.into()),
        ("soapaction".into(), format!("urn:shop#{name}").into()),
    ]);
    if way != 3 {
        exchange.request.headers.as_mut().unwrap().pop();
    }
    exchange.request.body = Some(gatewatch_model::exchange::Body {
        bytes_total: body.len() as u64,
        bytes: body.into_bytes().into(),
    });
    exchange
}

#[test]
fn the_name_of_an_operation_is_masked_as_a_segment_is() {
    let mut inventory = keyed();
    let mut ask = |way: usize, name: &str, caller: u8| {
        let mut exchange = named(way, name);
        exchange.caller_ip = Some(std::net::Ipv4Addr::new(203, 0, 113, caller).into());
        observe(&mut inventory, &exchange, Timestamp::from_seconds(1_000));
        inventory.decide_due();
        let mut reading = Reading::default();
        reading.read(&exchange);
        inventory
            .template_of(&exchange, &reading, "/")
            .rsplit_once('#')
            .unwrap()
            .1
            .to_owned()
    };
    let kinds = ["", "query.", "tools/call.", ""];
    for (way, kind) in kinds.iter().enumerate() {
        // What APIs offer is nobody's secret.
        assert_eq!(ask(way, "getOrder", 1), format!("{kind}getOrder"));
        // A kind of value stands for all.
        assert_eq!(ask(way, "order_8812345678", 1), "{operation}");
        let masked = ask(way, "forAnneZqxv", 1);
        let token = masked.strip_prefix(kind).unwrap();
        assert!(token.starts_with('~') && token.len() == 17, "{masked}");
        // A name that many callers send is nobody's secret either.
        for caller in 0..40 {
            ask(way, "frobnicate", caller);
        }
        assert_eq!(ask(way, "frobnicate", 1), format!("{kind}frobnicate"));
    }
    check_clean(&mut inventory);
}

#[test]
fn no_secret_that_is_sent_as_an_operation_is_kept() {
    let mut inventory = keyed();
    let mut rng = Rng::new(8);
    for number in 0..400_u32 {
        let name = match rng.below(4) {
            0 => format!("getUser_{MARK}{number}"),
            1 => format!("sk_live_{MARK}{number:x}AbCdEf99"),
            2 => format!("deadc0de-4f89-11d3-9a0c-{number:012x}"),
            _ => format!("anne.{MARK}{number}"),
        };
        for way in 0..4 {
            let mut exchange = named(way, &name);
            let caller = (number % 250) as u8;
            exchange.caller_ip = Some(std::net::Ipv4Addr::new(203, 0, 113, caller).into());
            observe(&mut inventory, &exchange, Timestamp::from_seconds(1_000));
        }
        if number % 50 == 0 {
            inventory.decide_due();
            check_clean(&mut inventory);
        }
    }
    inventory.settle();
    check_clean(&mut inventory);
    // Each of the four paths keeps some hundred names apart at most.
    assert!(inventory.memory().endpoints < 1_200);
}
