//! The values in a URL: the segments of its path with their matrix parameters, and its query.

use gatewatch_model::{Blemishes, Spot};

use crate::escapes::{Plus, is_escaped, unescape};
use crate::leaves::{Leaves, Value};

/// Adds the segments as they were sent, each decoded once: `..` is a value here, though it does
/// not route. Empty ones count, so that a place means the same segment to everyone who splits at
/// slashes.
pub(crate) fn read_path(path: &str, bytes: &mut Vec<u8>, leaves: &mut Leaves) -> Blemishes {
    let mut blemishes = Blemishes::default();
    leaves.begin(Spot::RequestPath);
    for (index, segment) in path.trim_matches('/').split('/').enumerate() {
        if leaves.is_full() {
            blemishes.insert(Blemishes::LEAVES_LOST);
            break;
        }
        leaves.enter_item(index as u32);
        let (word, parameters) = segment.split_once(';').unwrap_or((segment, ""));
        let text = unescape(word, Plus::Stays, bytes, &mut blemishes);
        if text.len() < word.len() && is_escaped(&text) {
            blemishes.insert(Blemishes::DOUBLE_ENCODED);
        }
        leaves.add(Value::Text(&text));
        for parameter in parameters.split(';').filter(|it| !it.is_empty()) {
            if leaves.is_full() {
                blemishes.insert(Blemishes::LEAVES_LOST);
                break;
            }
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let name = unescape(name, Plus::Stays, bytes, &mut blemishes).into_owned();
            let value = unescape(value, Plus::Stays, bytes, &mut blemishes);
            leaves.add_named(&name, Value::Text(&value));
        }
        leaves.leave();
    }
    blemishes
}

/// The query of a URL, without its fragment.
pub(crate) fn query_of(url: &str) -> &str {
    let whole = url.split_once('#').map_or(url, |it| it.0);
    whole.split_once('?').map_or("", |it| it.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PATH_LEAVES_MAX;

    fn places(path: &str) -> (Vec<String>, Blemishes) {
        let mut leaves = Leaves::default();
        let blemishes = read_path(path, &mut Vec::new(), &mut leaves);
        let place = |leaf: crate::Leaf<'_>| {
            let mut place = String::new();
            leaf.write_place(&mut place);
            let Value::Text(value) = leaf.value else {
                return place;
            };
            format!("{}={value}", &place["$.request.path".len()..])
        };
        (leaves.iter().map(place).collect(), blemishes)
    }

    #[test]
    fn segments_are_values_even_where_they_do_not_route() {
        assert_eq!(
            places("/a//caf%C3%A9/../b/").0,
            ["[0]=a", "[1]=", "[2]=café", "[3]=..", "[4]=b"]
        );
        assert_eq!(places("/").0, ["[0]="]);
    }

    #[test]
    fn matrix_parameters_stand_below_their_segment() {
        assert_eq!(
            places("/cars;color=red;v=1%202;x/42").0,
            ["[0]=cars", "[0].color=red", "[0].v=1 2", "[0].x=", "[1]=42"]
        );
    }

    #[test]
    fn a_segment_that_was_escaped_twice_is_told_and_decoded_once() {
        let (found, blemishes) = places("/a/%252e%252e/b");
        assert_eq!(found[1], "[1]=%2e%2e");
        assert_eq!(blemishes, Blemishes::DOUBLE_ENCODED);
        assert_eq!(places("/100%25/a").1, Blemishes::default());
    }

    #[test]
    fn a_million_segments_are_cut_to_their_bound() {
        for path in [
            "/a".repeat(1_000_000),
            format!("/a{}", ";b=c".repeat(1_000_000)),
        ] {
            let (found, blemishes) = places(&path);
            assert_eq!(found.len(), PATH_LEAVES_MAX);
            assert_eq!(blemishes, Blemishes::LEAVES_LOST);
        }
    }

    #[test]
    fn a_query_ends_at_the_fragment() {
        assert_eq!(query_of("/a?b=/c?d#e?f"), "b=/c?d");
        assert_eq!(query_of("/a#b?c"), "");
        assert_eq!(query_of("https://api.contoso.com?x=1"), "x=1");
    }
}
