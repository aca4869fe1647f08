//! A numbered control. Each kind of control has a number of its own, and so has each field of
//! all of them together.

use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::definition::{Definition, Subject};
use gatewatch_model::own::{OWN_FILES_MAX, OwnFiles, OwnKind};
use gatewatch_model::sensitivity::Sensitivity;
use gatewatch_model::signal::Vigilance;
use gatewatch_model::{CollectionId, EndpointId, Timestamp};
use minicbor::Decoder;

use super::WireError;
use super::fields::{self, Map};

const FORGET: u64 = 0;
const MERGE: u64 = 1;
const PIN: u64 = 2;
const UNPIN: u64 = 3;
const SPLIT: u64 = 4;
const DEFINE: u64 = 5;
const UNDEFINE: u64 = 6;
const ELSEWHERE: u64 = 7;
const CLASSIFY: u64 = 8;
const INFO_TYPES: u64 = 9;
const WATCH: u64 = 10;
const DETECTIONS: u64 = 11;

/// How many bytes a definition takes in a record.
pub fn definition_bytes(definition: &Definition) -> usize {
    let mut count = Count(0);
    // Counting cannot fail.
    let _ = minicbor::encode(definition, &mut count);
    count.0
}

/// Counts what is written, so that what is too long need not be held.
struct Count(usize);

impl minicbor::encode::Write for Count {
    type Error = core::convert::Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0 += bytes.len();
        Ok(())
    }
}

pub fn write(numbered: &NumberedControl, out: &mut Vec<u8>) {
    let NumberedControl {
        revision,
        at,
        control,
    } = numbered;
    let mut map = Map::begin(out);
    map.u64(0, *revision);
    map.i64(1, at.0);
    match control {
        Control::Forget { endpoint } => {
            map.u64(2, FORGET);
            map.bytes(3, &endpoint.0);
        }
        Control::Merge { from, into } => {
            map.u64(2, MERGE);
            map.bytes(3, &from.0);
            map.bytes(4, &into.0);
        }
        Control::Pin {
            collection,
            template,
        } => {
            map.u64(2, PIN);
            map.bytes(5, &collection.0);
            map.text(6, template);
        }
        Control::Unpin {
            collection,
            template,
        } => {
            map.u64(2, UNPIN);
            map.bytes(5, &collection.0);
            map.text(6, template);
        }
        Control::Split { endpoint, segment } => {
            map.u64(2, SPLIT);
            map.bytes(3, &endpoint.0);
            map.u64(7, u64::from(*segment));
        }
        Control::Define {
            subject,
            definition,
        } => {
            map.u64(2, DEFINE);
            map.noun(8, subject);
            map.noun(9, definition);
        }
        Control::Undefine { collection } => {
            map.u64(2, UNDEFINE);
            map.bytes(5, &collection.0);
        }
        Control::Elsewhere => map.u64(2, ELSEWHERE),
        Control::Classify { scope, sensitivity } => {
            map.u64(2, CLASSIFY);
            map.text(10, scope);
            map.noun(11, sensitivity);
        }
        Control::Bring { kind, files } => {
            map.u64(2, number(*kind));
            map.noun(12, files);
        }
        Control::Watch { scope, vigilance } => {
            map.u64(2, WATCH);
            map.text(10, scope);
            map.noun(13, vigilance);
        }
    }
}

fn number(kind: OwnKind) -> u64 {
    match kind {
        OwnKind::InfoTypes => INFO_TYPES,
        OwnKind::Detections => DETECTIONS,
    }
}

/// All fields that any kind of control has; each kind takes its own.
#[derive(Default)]
struct Fields {
    endpoint: Option<EndpointId>,
    into: Option<EndpointId>,
    collection: Option<CollectionId>,
    template: Option<Box<str>>,
    segment: Option<u16>,
    subject: Option<Subject>,
    definition: Option<Box<Definition>>,
    scope: Option<Box<str>>,
    sensitivity: Option<Box<Sensitivity>>,
    files: Option<OwnFiles>,
    vigilance: Option<Box<Vigilance>>,
}

pub fn read(decoder: &mut Decoder<'_>) -> Result<NumberedControl, WireError> {
    let (mut revision, mut at, mut kind) = (None, None, None);
    let mut found = Fields::default();
    fields::each(decoder, |key, decoder| {
        match key {
            0 => revision = Some(decoder.u64()?),
            1 => at = Some(Timestamp(decoder.i64()?)),
            2 => kind = Some(decoder.u64()?),
            3 => found.endpoint = Some(EndpointId(fields::id(decoder, "endpoint")?)),
            4 => found.into = Some(EndpointId(fields::id(decoder, "into")?)),
            5 => found.collection = Some(CollectionId(fields::id(decoder, "collection")?)),
            6 => found.template = Some(decoder.str()?.into()),
            7 => found.segment = Some(decoder.u16()?),
            8 => found.subject = Some(decoder.decode()?),
            9 => found.definition = Some(decoder.decode()?),
            10 => found.scope = Some(decoder.str()?.into()),
            11 => found.sensitivity = Some(decoder.decode()?),
            12 => found.files = Some(files(decoder)?),
            13 => found.vigilance = Some(decoder.decode()?),
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    let control = found.control(kind.ok_or(WireError::Missing("control"))?)?;
    Ok(NumberedControl {
        revision: revision.ok_or(WireError::Missing("revision"))?,
        at: at.ok_or(WireError::Missing("at"))?,
        control,
    })
}

impl Fields {
    fn control(self, kind: u64) -> Result<Control, WireError> {
        let Fields {
            endpoint,
            into,
            collection,
            template,
            segment,
            subject,
            definition,
            scope,
            sensitivity,
            files,
            vigilance,
        } = self;
        Ok(match kind {
            FORGET => Control::Forget {
                endpoint: need(endpoint, "endpoint")?,
            },
            MERGE => Control::Merge {
                from: need(endpoint, "from")?,
                into: need(into, "into")?,
            },
            PIN => Control::Pin {
                collection: need(collection, "collection")?,
                template: need(template, "template")?,
            },
            UNPIN => Control::Unpin {
                collection: need(collection, "collection")?,
                template: need(template, "template")?,
            },
            SPLIT => Control::Split {
                endpoint: need(endpoint, "endpoint")?,
                segment: need(segment, "segment")?,
            },
            DEFINE => Control::Define {
                subject: need(subject, "subject")?,
                definition: need(definition, "definition")?,
            },
            UNDEFINE => Control::Undefine {
                collection: need(collection, "collection")?,
            },
            ELSEWHERE => Control::Elsewhere,
            CLASSIFY => Control::Classify {
                scope: need(scope, "scope")?,
                sensitivity: need(sensitivity, "sensitivity")?,
            },
            INFO_TYPES => Control::Bring {
                kind: OwnKind::InfoTypes,
                files: need(files, "files")?,
            },
            DETECTIONS => Control::Bring {
                kind: OwnKind::Detections,
                files: need(files, "files")?,
            },
            WATCH => Control::Watch {
                scope: need(scope, "scope")?,
                vigilance: need(vigilance, "vigilance")?,
            },
            found => {
                return Err(WireError::UnknownKind {
                    what: "control",
                    found,
                });
            }
        })
    }
}

fn files(decoder: &mut Decoder<'_>) -> Result<OwnFiles, WireError> {
    let count = fields::definite(decoder.array()?, decoder)?;
    if count > OWN_FILES_MAX as u64 {
        return Err(WireError::Length {
            what: "files",
            found: usize::try_from(count).unwrap_or(usize::MAX),
        });
    }
    let mut files = Vec::with_capacity(fields::room(count));
    for _ in 0..count {
        files.push(decoder.decode()?);
    }
    Ok(files)
}

fn need<T>(field: Option<T>, name: &'static str) -> Result<T, WireError> {
    field.ok_or(WireError::Missing(name))
}
