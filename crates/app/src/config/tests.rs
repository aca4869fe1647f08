//! What a user may write, and what is said when it is wrong.

use super::*;

fn from_file(text: &str) -> Result<Resolved, ConfigError> {
    resolve(&Layers {
        file: Some(("gatewatch.toml".into(), text.into())),
        ..Layers::default()
    })
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.into(), value.into())
}

fn wrong(text: &str) -> String {
    from_file(text).unwrap_err().0.join("\n")
}

#[test]
fn the_example_parses_to_exactly_the_defaults() {
    let resolved = from_file(&example()).unwrap();
    assert_eq!(resolved.config, Config::default());
    // Every key is really there, not left out or commented out.
    assert_eq!(resolved.origins.len(), KEYS.len());
}

#[test]
fn what_is_shown_can_be_used_as_a_file() {
    let text = "shards = 3\nroles = [\"ingest\", \"fold\"]\n[log]\nlevel = \"debug\"\n";
    let resolved = from_file(text).unwrap();
    let shown = shown(&resolved);
    assert!(shown.contains("shards = 3  # gatewatch.toml:1"), "{shown}");
    assert_eq!(from_file(&shown).unwrap().config, resolved.config);
}

#[test]
fn the_command_line_outranks_the_environment_outranks_the_file() {
    let mut layers = Layers {
        file: Some(("f".into(), "shards = 1".into())),
        environment: vec![pair("GATEWATCH_SHARDS", "2")],
        arguments: vec![pair("shards", "3")],
    };
    assert_eq!(resolve(&layers).unwrap().config.shards, 3);
    layers.arguments.clear();
    assert_eq!(resolve(&layers).unwrap().config.shards, 2);
    layers.environment.clear();
    assert_eq!(resolve(&layers).unwrap().config.shards, 1);
    layers.file = None;
    assert_eq!(resolve(&layers).unwrap().config.shards, 0);
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest() {
    let said = wrong("# one\nlisten = \"127.0.0.1:1\"\n\n[journal]\nbytes_mx = \"5GiB\"\n");
    assert_eq!(
        said,
        "gatewatch.toml:5: there is no key `journal.bytes_mx`; the nearest is `journal.bytes_max` \
         (`gatewatch config example` lists all)"
    );
    assert!(wrong("shardz = 1").contains("the nearest is `shards`"));
    assert!(
        wrong("[jurnal]\nbytes_max = 1").starts_with("gatewatch.toml:1: there is no key `jurnal`")
    );
}

#[test]
fn networks_are_a_list_and_one_that_is_none_is_named() {
    let text = "trusted_proxies = [\"192.0.2.0/24\", \"2001:db8::/32\"]\ninternal_networks = []";
    let perimeter = from_file(text).unwrap().config.perimeter;
    assert!(perimeter.trusted_proxies.contains([192, 0, 2, 7].into()));
    assert!(!perimeter.trusted_proxies.contains([10, 0, 0, 1].into()));
    assert_eq!(perimeter.internal_networks.iter().count(), 0);
    let said = wrong("\ninternal_networks = \"10.0.0.0/8, 10.0.0.0/33\"");
    assert!(
        said.starts_with("gatewatch.toml:2: internal_networks: `10.0.0.0/33` is no network"),
        "{said}"
    );
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let said =
        wrong("shards = -1\nlisten = \"localhost\"\nroles = \"assess\"\n[log]\nlevel = \"loud\"");
    assert_eq!(said.lines().count(), 4, "{said}");
    for part in [
        "gatewatch.toml:1: shards: `-1` is no whole number",
        "gatewatch.toml:2: listen: `localhost` is no address",
        "there is no role `assess`; there are: all, ingest, fold, serve",
        "there is no level `loud`; there are: error, warn, info, debug, trace",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_said_with_its_line() {
    assert!(wrong("shards = 1\nlisten = = 2\n").starts_with("gatewatch.toml:2: "));
}

#[test]
fn a_value_of_the_wrong_kind_is_refused() {
    for text in [
        "shards = true",
        "shards = 1.5",
        "shards = {a = 1}",
        "data = 1979-05-27",
    ] {
        assert!(
            wrong(text).contains("a text or a number is wanted here"),
            "{text}"
        );
    }
}

#[test]
fn listening_beyond_loopback_needs_tls() {
    for address in [
        "0.0.0.0:8470",
        "[::]:8470",
        "192.0.2.7:8470",
        "[::ffff:192.0.2.7]:1",
    ] {
        let said = wrong(&format!("listen = \"{address}\""));
        assert!(said.contains("set `tls.cert` and `tls.key`"), "{said}");
    }
    for address in [
        "127.0.0.1:0",
        "127.8.8.8:1",
        "[::1]:8470",
        "[::ffff:127.0.0.1]:1",
    ] {
        assert!(
            from_file(&format!("listen = \"{address}\"")).is_ok(),
            "{address}"
        );
    }
    let tls = "listen = \"0.0.0.0:8470\"\n[tls]\ncert = \"c.pem\"\nkey = \"k.pem\"";
    assert!(from_file(tls).is_ok());
    assert!(wrong("[tls]\ncert = \"c.pem\"").contains("`tls.key` is not; set both"));
}

#[test]
fn the_journal_holds_at_least_four_segments() {
    let said = wrong("[journal]\nbytes_max = \"128MiB\"\nsegment_bytes = \"64MiB\"");
    assert!(said.contains("at least four segments"), "{said}");
    assert!(wrong("[journal]\nbytes_max = \"1MiB\"").contains("must be at least 64MiB, not 1MiB"));
}

#[test]
fn a_slip_in_a_variable_is_remarked_and_strangers_are_left_alone() {
    let environment = vec![
        pair("GATEWATCH_SHARD", "2"),
        pair("GATEWATCH_PORT_8470_TCP_ADDR", "10.0.0.1"),
        pair("GATEWATCH_TOKEN", "secret"),
        pair("PATH", "/bin"),
    ];
    let resolved = resolve(&Layers {
        environment,
        ..Layers::default()
    })
    .unwrap();
    assert_eq!(resolved.config, Config::default());
    assert_eq!(
        resolved.remarks,
        [
            "environment variable GATEWATCH_SHARD names no key and is ignored; did you mean GATEWATCH_SHARDS?"
        ]
    );
}

#[test]
fn keys_have_one_name_each_and_a_sentence() {
    for (at, key) in KEYS.iter().enumerate() {
        assert!(
            KEYS[..at].iter().all(|it| it.name != key.name),
            "{}",
            key.name
        );
        assert!(key.about.ends_with('.'), "{}", key.name);
    }
}
