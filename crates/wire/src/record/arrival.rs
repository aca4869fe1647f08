//! An arrival: an exchange with what admission knows of it.

use std::borrow::Cow;

use gatewatch_model::Timestamp;
use gatewatch_model::exchange::{
    Auth, Backend, Blemishes, Body, Direction, Exchange, Headers, Request, Response, Seen, Tls,
};
use gatewatch_model::origin::{Country, Origin, Tags};
use gatewatch_model::record::{Arrival, Stream};
use minicbor::Decoder;

use super::WireError;
use super::fields::{self, Map};

const HISTORICAL: u64 = 1;
const OUTBOUND: u64 = 1;

pub fn write(arrival: &Arrival<'_>, out: &mut Vec<u8>) {
    let Arrival {
        received,
        stream,
        source,
        scope,
        external,
        exchange,
    } = arrival;
    let mut map = Map::begin(out);
    map.i64(0, received.0);
    match stream {
        Stream::Live => (),
        Stream::Historical => map.u64(1, HISTORICAL),
    }
    map.text(2, source);
    map.text(3, scope);
    write_exchange(exchange, map.map(4));
    map.u64_if(5, external.map(u64::from));
}

pub fn read<'b>(decoder: &mut Decoder<'b>) -> Result<Arrival<'b>, WireError> {
    let (mut received, mut stream, mut exchange) = (None, Stream::Live, None);
    let (mut source, mut scope, mut external) = (None, None, None);
    fields::each(decoder, |key, decoder| {
        match key {
            0 => received = Some(Timestamp(decoder.i64()?)),
            1 => stream = read_stream(decoder.u64()?)?,
            2 => source = Some(fields::text(decoder)?),
            3 => scope = Some(fields::text(decoder)?),
            4 => exchange = Some(read_exchange(decoder)?),
            5 => external = Some(decoder.u64()? != 0),
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    Ok(Arrival {
        received: received.ok_or(WireError::Missing("received"))?,
        stream,
        source: source.ok_or(WireError::Missing("source"))?,
        scope: scope.ok_or(WireError::Missing("scope"))?,
        external,
        exchange: exchange.ok_or(WireError::Missing("exchange"))?,
    })
}

fn read_stream(found: u64) -> Result<Stream, WireError> {
    match found {
        0 => Ok(Stream::Live),
        HISTORICAL => Ok(Stream::Historical),
        _ => Err(WireError::UnknownKind {
            what: "stream",
            found,
        }),
    }
}

fn write_exchange(exchange: &Exchange<'_>, mut map: Map<'_>) {
    let Exchange {
        id,
        at,
        service,
        workspace,
        api,
        revision,
        operation,
        region,
        caller_ip,
        peer_ip,
        origin,
        principal,
        request,
        response,
        seen,
        headers_seen,
        redacted,
        sample_rate,
        protocol,
        tls,
        auth,
        backend,
        direction,
        trace_id,
        blemishes,
    } = exchange;
    map.text_if(0, id.as_ref());
    if let Some(at) = at {
        map.i64(1, at.0);
    }
    map.text_if(2, service.as_ref());
    map.text_if(3, workspace.as_ref());
    map.text_if(4, api.as_ref());
    map.text_if(5, revision.as_ref());
    map.text_if(6, operation.as_ref());
    map.text_if(7, region.as_ref());
    map.address_if(8, *caller_ip);
    map.address_if(9, *peer_ip);
    map.text_if(10, principal.as_ref());
    write_request(request, map.map(11));
    if let Some(response) = response {
        write_response(response, map.map(12));
    }
    map.u64_if(13, seen.map(|it| it.0.into()));
    map.names_if(14, headers_seen.as_ref());
    map.names_if(15, Some(redacted).filter(|it| !it.is_empty()));
    if let Some(rate) = sample_rate {
        map.f64(16, *rate);
    }
    map.text_if(17, protocol.as_ref());
    if let Some(tls) = tls {
        write_tls(tls, map.map(18));
    }
    if let Some(auth) = auth {
        write_auth(auth, map.map(19));
    }
    if let Some(backend) = backend {
        write_backend(backend, map.map(20));
    }
    match direction {
        Direction::Inbound => (),
        Direction::Outbound => map.u64(21, OUTBOUND),
    }
    map.text_if(22, trace_id.as_ref());
    map.u64_if(23, Some(blemishes.0.into()).filter(|it| *it != 0));
    write_origin(*origin, 24, &mut map);
}

fn read_exchange<'b>(decoder: &mut Decoder<'b>) -> Result<Exchange<'b>, WireError> {
    let mut it = Exchange::default();
    let mut request = None;
    fields::each(decoder, |key, decoder| {
        match key {
            0 => it.id = Some(fields::text(decoder)?),
            1 => it.at = Some(Timestamp(decoder.i64()?)),
            2 => it.service = Some(fields::text(decoder)?),
            3 => it.workspace = Some(fields::text(decoder)?),
            4 => it.api = Some(fields::text(decoder)?),
            5 => it.revision = Some(fields::text(decoder)?),
            6 => it.operation = Some(fields::text(decoder)?),
            7 => it.region = Some(fields::text(decoder)?),
            8 => it.caller_ip = Some(fields::address(decoder, "caller.ip")?),
            9 => it.peer_ip = Some(fields::address(decoder, "peer.ip")?),
            10 => it.principal = Some(fields::text(decoder)?),
            11 => request = Some(read_request(decoder)?),
            12 => it.response = Some(read_response(decoder)?),
            13 => it.seen = Some(Seen(decoder.u32()?)),
            14 => it.headers_seen = Some(fields::texts(decoder)?),
            15 => it.redacted = fields::texts(decoder)?,
            16 => it.sample_rate = Some(decoder.f64()?),
            17 => it.protocol = Some(fields::text(decoder)?),
            18 => it.tls = Some(read_tls(decoder)?),
            19 => it.auth = Some(read_auth(decoder)?),
            20 => it.backend = Some(read_backend(decoder)?),
            21 => it.direction = read_direction(decoder.u64()?)?,
            22 => it.trace_id = Some(fields::text(decoder)?),
            23 => it.blemishes = Blemishes(decoder.u32()?),
            24 => it.origin = read_origin(decoder)?,
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    it.request = request.ok_or(WireError::Missing("request"))?;
    Ok(it)
}

fn write_origin(origin: Origin<'_>, key: u8, map: &mut Map<'_>) {
    if origin == Origin::default() {
        return;
    }
    let mut map = map.map(key);
    let Origin {
        country,
        network,
        tags,
        bot,
        feed,
    } = origin;
    map.u64_if(0, country.map(|it| it.number().into()));
    map.u64_if(1, Some(network.into()).filter(|it| *it != 0));
    map.u64_if(2, Some(tags.0.into()).filter(|it| *it != 0));
    for (key, text) in [(3, bot), (4, feed)] {
        if let Some(text) = text {
            map.text(key, text);
        }
    }
}

fn read_origin<'b>(decoder: &mut Decoder<'b>) -> Result<Origin<'b>, WireError> {
    let mut it = Origin::default();
    fields::each(decoder, |key, decoder| {
        match key {
            0 => it.country = Country::from_number(decoder.u32()?),
            1 => it.network = decoder.u32()?,
            2 => it.tags = Tags(decoder.u32()?),
            3 => it.bot = Some(decoder.str()?),
            4 => it.feed = Some(decoder.str()?),
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    Ok(it)
}

fn read_direction(found: u64) -> Result<Direction, WireError> {
    match found {
        0 => Ok(Direction::Inbound),
        OUTBOUND => Ok(Direction::Outbound),
        _ => Err(WireError::UnknownKind {
            what: "direction",
            found,
        }),
    }
}

fn write_request(request: &Request<'_>, mut map: Map<'_>) {
    let Request {
        method,
        url,
        headers,
        body,
    } = request;
    map.text(0, method);
    map.text(1, url);
    write_headers(headers.as_ref(), 2, &mut map);
    write_body(body.as_ref(), [3, 4], &mut map);
}

fn read_request<'b>(decoder: &mut Decoder<'b>) -> Result<Request<'b>, WireError> {
    let (mut method, mut url, mut headers) = (None, None, None);
    let (mut bytes, mut bytes_total) = (None, None);
    fields::each(decoder, |key, decoder| {
        match key {
            0 => method = Some(fields::text(decoder)?),
            1 => url = Some(fields::text(decoder)?),
            2 => headers = Some(read_headers(decoder)?),
            3 => bytes = Some(decoder.bytes()?),
            4 => bytes_total = Some(decoder.u64()?),
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    Ok(Request {
        method: method.ok_or(WireError::Missing("request.method"))?,
        url: url.ok_or(WireError::Missing("request.url"))?,
        headers,
        body: body(bytes, bytes_total),
    })
}

fn write_response(response: &Response<'_>, mut map: Map<'_>) {
    let Response {
        status,
        headers,
        body,
        latency_micros,
    } = response;
    map.u64_if(0, status.map(u64::from));
    write_headers(headers.as_ref(), 1, &mut map);
    write_body(body.as_ref(), [2, 3], &mut map);
    map.u64_if(4, *latency_micros);
}

fn read_response<'b>(decoder: &mut Decoder<'b>) -> Result<Response<'b>, WireError> {
    let mut it = Response::default();
    let (mut bytes, mut bytes_total) = (None, None);
    fields::each(decoder, |key, decoder| {
        match key {
            0 => it.status = Some(decoder.u16()?),
            1 => it.headers = Some(read_headers(decoder)?),
            2 => bytes = Some(decoder.bytes()?),
            3 => bytes_total = Some(decoder.u64()?),
            4 => it.latency_micros = Some(decoder.u64()?),
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    it.body = body(bytes, bytes_total);
    Ok(it)
}

/// Names and values by turns in one list.
fn write_headers(headers: Option<&Headers<'_>>, key: u8, map: &mut Map<'_>) {
    if let Some(headers) = headers {
        let texts = headers.iter().flat_map(|(name, value)| [name, value]);
        map.texts(key, headers.len() * 2, texts);
    }
}

fn read_headers<'b>(decoder: &mut Decoder<'b>) -> Result<Headers<'b>, WireError> {
    let pairs = fields::definite(decoder.array()?, decoder)? / 2;
    let mut headers = Vec::with_capacity(fields::room(pairs));
    for _ in 0..pairs {
        headers.push((fields::text(decoder)?, fields::text(decoder)?));
    }
    Ok(headers)
}

/// The true size is written only when it differs from what is at hand.
fn write_body(body: Option<&Body<'_>>, keys: [u8; 2], map: &mut Map<'_>) {
    let Some(Body { bytes, bytes_total }) = body else {
        return;
    };
    map.bytes(keys[0], bytes);
    if *bytes_total != bytes.len() as u64 {
        map.u64(keys[1], *bytes_total);
    }
}

fn body(bytes: Option<&[u8]>, bytes_total: Option<u64>) -> Option<Body<'_>> {
    let bytes = bytes?;
    Some(Body {
        bytes: Cow::Borrowed(bytes),
        bytes_total: bytes_total.unwrap_or(bytes.len() as u64),
    })
}

fn write_tls(tls: &Tls<'_>, mut map: Map<'_>) {
    let Tls {
        version,
        client_cert,
    } = tls;
    map.text_if(0, version.as_ref());
    map.text_if(1, client_cert.as_ref());
}

fn read_tls<'b>(decoder: &mut Decoder<'b>) -> Result<Tls<'b>, WireError> {
    let mut it = Tls::default();
    fields::each(decoder, |key, decoder| {
        match key {
            0 => it.version = Some(fields::text(decoder)?),
            1 => it.client_cert = Some(fields::text(decoder)?),
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    Ok(it)
}

fn write_auth(auth: &Auth<'_>, mut map: Map<'_>) {
    let Auth {
        executed,
        subject,
        subscription,
        product,
    } = auth;
    map.names_if(0, executed.as_ref());
    map.text_if(1, subject.as_ref());
    map.text_if(2, subscription.as_ref());
    map.text_if(3, product.as_ref());
}

fn read_auth<'b>(decoder: &mut Decoder<'b>) -> Result<Auth<'b>, WireError> {
    let mut it = Auth::default();
    fields::each(decoder, |key, decoder| {
        match key {
            0 => it.executed = Some(fields::texts(decoder)?),
            1 => it.subject = Some(fields::text(decoder)?),
            2 => it.subscription = Some(fields::text(decoder)?),
            3 => it.product = Some(fields::text(decoder)?),
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    Ok(it)
}

fn write_backend(backend: &Backend<'_>, mut map: Map<'_>) {
    let Backend { host, status } = backend;
    map.text_if(0, host.as_ref());
    map.u64_if(1, status.map(u64::from));
}

fn read_backend<'b>(decoder: &mut Decoder<'b>) -> Result<Backend<'b>, WireError> {
    let mut it = Backend::default();
    fields::each(decoder, |key, decoder| {
        match key {
            0 => it.host = Some(fields::text(decoder)?),
            1 => it.status = Some(decoder.u16()?),
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    Ok(it)
}
