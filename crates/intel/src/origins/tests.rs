//! Addresses whose owners do not change from one year to the next.

use super::*;

fn about(address: &str) -> About {
    Origins::default().about(address.parse().unwrap())
}

#[test]
fn well_known_addresses_have_their_country_and_network() {
    for (address, country, network) in [
        ("8.8.8.8", "US", 15_169),
        ("193.0.6.139", "NL", 3_333),
        ("202.12.27.33", "JP", 7_500),
        ("2001:4860:4860::8888", "US", 15_169),
        ("2001:67c:2e8::1", "NL", 3_333),
        ("::ffff:8.8.8.8", "US", 15_169),
    ] {
        let about = about(address);
        let country_code = about.country.map(|it| it.to_string());
        assert_eq!(
            (country_code.as_deref(), about.network),
            (Some(country), network),
            "{address}"
        );
        assert!(about.organisation.is_some(), "{address}");
    }
    assert_eq!(about("8.8.8.8").organisation.as_deref(), Some("Google LLC"));
}

#[test]
fn clouds_are_told_by_the_ranges_they_publish() {
    for (address, provider, tag) in [
        ("52.95.110.1", "Amazon AWS", Tags::HOSTING),
        ("104.16.1.1", "Cloudflare", Tags::CDN),
        ("66.249.66.1", "Googlebot", Tags::CRAWLER),
        ("2a01:4f8::1", "Hetzner", Tags::HOSTING),
    ] {
        let about = about(address);
        assert_eq!(
            (about.provider.as_deref(), about.tags),
            (Some(provider), tag),
            "{address}"
        );
    }
}

#[test]
fn private_addresses_have_no_country() {
    for address in [
        "10.0.0.1",
        "127.0.0.1",
        "203.0.113.9",
        "::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
    ] {
        let about = about(address);
        assert_eq!(
            (about.country, about.network, about.tags),
            (None, 0, Tags::PRIVATE),
            "{address}"
        );
    }
}

#[test]
fn some_exits_of_tor_are_known() {
    let exits = PROVIDERS.labels().position(|it| it == "tor\tTor").unwrap() as u32 + 1;
    let all = (0..1_u32 << 24).map(|it| it << 8 | 1);
    assert!(all.filter(|it| PROVIDERS.v4.find(*it) == exits).count() > 0);
}

#[test]
fn a_bot_is_held_against_the_ranges_it_publishes() {
    let origins = Origins::default();
    let googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    let tags = |address: &str, agent| {
        let address = Some(address.parse().unwrap());
        origins.of_call(address, Some(agent)).unwrap().tags
    };
    let real = tags("66.249.66.1", googlebot);
    assert!(real.contains(Tags::BOT_VERIFIED) && !real.contains(Tags::BOT_FALSE));
    let false_one = tags("185.220.101.1", googlebot);
    assert!(false_one.contains(Tags::BOT_FALSE) && !false_one.contains(Tags::BOT_VERIFIED));
    // Behind a proxy that says nothing there is no telling.
    assert_eq!(tags("10.0.0.1", googlebot).0, Tags::PRIVATE.0 | Tags::BOT.0);
    // It publishes no ranges.
    assert_eq!(
        tags("10.0.0.1", "SemrushBot/7").0,
        Tags::PRIVATE.0 | Tags::BOT.0
    );
}

#[test]
fn without_address_and_bot_nothing_is_known() {
    let origins = Origins::default();
    assert_eq!(origins.of_call(None, Some("curl/8")), None);
    assert_eq!(
        origins.of_call(None, Some("bingbot")).unwrap().bot,
        Some("bingbot")
    );
}
