//! Which partition of the journal an exchange belongs to. It needs no learned state, and all
//! exchanges of one API fall into one partition, so that one fold knows all of it.

use gatewatch_decode::Api;
use gatewatch_model::{Exchange, Partition};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// By the scope of the ingest token, then by the API as its gateway names it, else by its host.
/// An exchange must be admitted first: the fold sees it cut, and both must see the same.
pub fn partition_of(scope: &str, exchange: &Exchange<'_>, partitions: u16) -> Partition {
    of_api(scope, &gatewatch_decode::api(exchange), partitions)
}

/// The same for what names an API without an exchange: a definition.
pub fn of_api(scope: &str, api: &Api<'_>, partitions: u16) -> Partition {
    let of_scope = xxh3_64_with_seed(scope.as_bytes(), 0);
    let hash = match api {
        Api::Named {
            service,
            workspace,
            api,
        } => chain(chain(chain(of_scope, service), workspace), api),
        Api::Host(host) => chain(of_scope, host),
        Api::Unknown => of_scope,
    };
    Partition((hash % u64::from(partitions.max(1))) as u16)
}

/// The same for what has a key of its own: a digest by its caller.
pub fn of_key(key: &[u8], partitions: u16) -> Partition {
    Partition((xxh3_64_with_seed(key, 0) % u64::from(partitions.max(1))) as u16)
}

/// Hashing each part with what is before it as the seed keeps `ab`+`c` and `a`+`bc` apart.
fn chain(seed: u64, part: &str) -> u64 {
    xxh3_64_with_seed(part.as_bytes(), seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(url: &str) -> Exchange<'_> {
        let mut exchange = Exchange::default();
        exchange.request.url = url.into();
        exchange
    }

    fn named<'a>(service: &'a str, api: &'a str) -> Exchange<'a> {
        Exchange {
            service: Some(service.into()),
            api: Some(api.into()),
            ..to("https://api.contoso.com/")
        }
    }

    fn check(one: &Exchange<'_>, other: &Exchange<'_>, equal: bool) {
        // So many partitions that two keys hardly ever share one by chance.
        let of = |it| partition_of("/", it, u16::MAX);
        assert_eq!(of(one) == of(other), equal);
    }

    #[test]
    fn one_host_in_any_spelling_is_one_partition() {
        check(
            &to("https://api.contoso.com/a"),
            &to("http://API.contoso.com.:80/b"),
            true,
        );
        check(
            &to("https://api.contoso.com/a"),
            &to("https://api.contoso.org/a"),
            false,
        );
    }

    #[test]
    fn a_named_api_outranks_its_hosts() {
        let mut elsewhere = named("gateway", "echo");
        elsewhere.request.url = "https://other.example/".into();
        check(&named("gateway", "echo"), &elsewhere, true);
        check(
            &named("gateway", "echo"),
            &named("gateway", "orders"),
            false,
        );
        check(&named("ab", "c"), &named("a", "bc"), false);
    }

    #[test]
    fn scopes_keep_apart_and_no_partition_is_out_of_range() {
        let exchange = to("https://api.contoso.com/");
        assert_ne!(
            partition_of("/one", &exchange, u16::MAX),
            partition_of("/two", &exchange, u16::MAX)
        );
        for partitions in [0, 1, 16] {
            let Partition(partition) = partition_of("/", &exchange, partitions);
            assert!(partition < partitions.max(1));
        }
    }

    /// Partitions are durable: a journal written yesterday is sorted by yesterday's hash.
    #[test]
    fn partitions_never_move() {
        let partitions = ["", "https://api.contoso.com/", "https://[::1]:8080/"]
            .map(|it| partition_of("/tenant", &to(it), 16).0);
        assert_eq!(partitions, [7, 10, 12]);
        assert_eq!(
            partition_of("/", &named("apim-contoso", "echo-api"), 64).0,
            12
        );
    }
}
