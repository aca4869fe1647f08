//! gRPC and gRPC-web: service and method by the path, and whether the frames of the body are as
//! long as they say.

use gatewatch_model::Blemishes;
use gatewatch_model::profile::Protocol;

use crate::base64;
use crate::call::{Calls, Facts};

/// The compressed-flag and the length.
const FRAME_HEAD_BYTES: usize = 5;
/// Compressed, and trailers of gRPC-web.
const FLAGS: u8 = 0b1000_0001;

/// Adds the method that the last two segments of the path name.
pub(crate) fn read_path<'p>(
    segments: impl ExactSizeIterator<Item = &'p str>,
    calls: &mut Calls,
) -> Blemishes {
    let before = segments.len().saturating_sub(2);
    let mut last_two = segments.skip(before);
    let (Some(service), Some(method)) = (last_two.next(), last_two.next()) else {
        return Blemishes::BAD_CALL;
    };
    let facts = Facts {
        protocol: Protocol::Grpc,
        ..Facts::default()
    };
    calls.push(facts, service, method, []);
    Blemishes::default()
}

/// How the frames of a body are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    pub count: usize,
    /// Whether the last one is as long as it says.
    pub whole: bool,
    /// Whether a flag is one that there is not.
    pub strange: bool,
}

/// Walks over the frames; nothing is reserved for what they claim to hold.
pub fn frames(bytes: &[u8]) -> Frames {
    let mut frames = Frames {
        whole: true,
        ..Frames::default()
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some((head, content)) = rest.split_at_checked(FRAME_HEAD_BYTES) else {
            frames.whole = false;
            return frames;
        };
        frames.strange |= head[0] & !FLAGS != 0;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        frames.count += 1;
        let Some(after) = content.get(length..) else {
            frames.whole = false;
            return frames;
        };
        rest = after;
    }
    frames
}

/// What is odd about a body of gRPC; that of gRPC-web in text is base64.
pub(crate) fn check(essence: &str, body: &[u8], cut: bool, bytes: &mut Vec<u8>) -> Blemishes {
    let found = if essence.starts_with("application/grpc-web-text") {
        let sound = base64::decode(body, bytes);
        let mut found = frames(bytes);
        found.strange |= !sound && !cut;
        bytes.clear();
        found
    } else {
        frames(body)
    };
    if found.strange || (!found.whole && !cut) {
        Blemishes::BAD_CALL
    } else {
        Blemishes::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn odd(essence: &str, body: &[u8], cut: bool) -> bool {
        !check(essence, body, cut, &mut Vec::new()).is_empty()
    }

    #[test]
    fn a_method_is_named_by_the_end_of_the_path() {
        let mut calls = Calls::default();
        assert!(read_path(["api", "shop.v1.Orders", "List"].into_iter(), &mut calls).is_empty());
        let call = calls.iter().next().unwrap();
        assert_eq!((call.kind, call.name), ("shop.v1.Orders", "List"));
        assert!(!read_path(["health"].into_iter(), &mut calls).is_empty());
    }

    #[test]
    fn frames_are_as_long_as_they_say_or_told() {
        let web = "application/grpc-web-text+proto";
        let sound = [0, 0, 0, 0, 2, 7, 7, 0x80, 0, 0, 0, 1, 9];
        assert_eq!(frames(&sound).count, 2);
        assert!(!odd("application/grpc", &sound, false));
        assert!(!odd(web, b"AAAAAAIHBw==gAAAAAEJ", false));
        for lie in [
            &[0, 0xff, 0xff, 0xff, 0xff, 1][..],
            &[0, 0],
            &[2, 0, 0, 0, 0],
        ] {
            assert!(odd("application/grpc", lie, false), "{lie:?}");
        }
        assert!(odd(web, b"AAAA!", false));
        assert!(!odd("application/grpc", &sound[..9], true));
    }

    proptest! {
        #[test]
        fn frames_of_anything_are_bounded_by_it(bytes: Vec<u8>) {
            prop_assert!(frames(&bytes).count <= bytes.len() / FRAME_HEAD_BYTES + 1);
        }
    }
}
