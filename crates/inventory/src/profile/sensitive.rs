//! Which of a profile's members are sensitive, and how an endpoint tells it.

use gatewatch_decode::credentials::is_for_credentials;
use gatewatch_model::Spot;
use gatewatch_model::info_type::{Category, Judge, NoTypes, Verdict};
use gatewatch_model::profile::EndpointRole;
use gatewatch_model::sensitivity::{
    Home, IN_PLACE_MAX, MemberHit, PLACES_MAX, SENSITIVE_MAX, Sensitive,
};

use super::Profile;
use super::member::Member;

/// Who judges what members are, and where they stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Types<'t> {
    pub judge: &'t dyn Judge,
    pub home: Home<'t>,
}

impl Types<'_> {
    /// For rows that tell no types.
    pub const NONE: Types<'static> = Types {
        judge: &NoTypes,
        home: Home::ROOT,
    };
}

/// A member that was just found to be sensitive.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub spot: Spot,
    pub status_class: u8,
    pub path: Box<str>,
    pub verdict: Verdict,
}

/// What endpoints that give tokens out are handed for them, without marks between the words.
#[rustfmt::skip]
static HANDED: &[&str] = &[
    "actortoken", "assertion", "clientassertion", "clientsecret", "code", "codeverifier",
    "devicecode", "password", "passwd", "pwd", "refreshtoken", "secret", "subjecttoken", "token",
];

/// Whether a credential belongs there, so that it authenticates and says nothing of what the
/// endpoint carries: in headers made for it, in cookies, and as what is handed to an endpoint that
/// gives tokens out. In a URL, in an answer and in any other body it does not.
pub(crate) fn is_in_place(spot: Spot, path: &str, role: EndpointRole) -> bool {
    match spot {
        Spot::RequestHeaders => is_for_credentials(&path.to_ascii_lowercase()),
        Spot::RequestCookies => true,
        Spot::RequestBody if role == EndpointRole::Login => {
            let name = path.rsplit(['.', '[']).next().unwrap_or(path);
            let letters = name.chars().filter(char::is_ascii_alphanumeric);
            let word = letters.collect::<String>().to_ascii_lowercase();
            HANDED.contains(&word.as_str())
        }
        _ => false,
    }
}

impl Profile {
    /// Types by spot and class of status, the surest first; and those that are credentials where
    /// they belong.
    pub fn sensitive(
        &self,
        role: EndpointRole,
        types: Types<'_>,
    ) -> (Vec<Sensitive>, Vec<Sensitive>) {
        let (mut all, mut in_place) = (Sums::new(), Sums::new());
        let apart = !types.judge.counts_in_place(types.home);
        for member in self.members.with_hits() {
            for hit in member.sure_rows(types) {
                let is_apart = apart
                    && hit.category == Category::Credentials
                    && is_in_place(member.spot, &member.path, role);
                add(if is_apart { &mut in_place } else { &mut all }, member, hit);
            }
        }
        (rows(all, SENSITIVE_MAX), rows(in_place, IN_PLACE_MAX))
    }
}

/// Each with the paths of its members and how often they had it.
type Sums<'m> = Vec<(Sensitive, Vec<(u64, &'m str)>)>;

fn rows(sums: Sums<'_>, most: usize) -> Vec<Sensitive> {
    let mut all = sums.into_iter().map(with_places).collect::<Vec<_>>();
    all.sort_by(|one, two| {
        let strength = |it: &Sensitive| (it.confidence, it.hits);
        let place = |it: &Sensitive| (it.spot, it.status_class);
        strength(two)
            .cmp(&strength(one))
            .then_with(|| one.info_type.cmp(&two.info_type))
            .then_with(|| place(one).cmp(&place(two)))
    });
    all.truncate(most);
    all
}

/// Adds what a member is to what is known of its spot.
fn add<'m>(all: &mut Sums<'m>, member: &'m Member, hit: MemberHit) {
    let (spot, status_class) = (member.spot, member.class);
    let known = all.iter_mut().find(|(it, _)| {
        (it.spot, it.status_class, &it.info_type) == (spot, status_class, &hit.info_type)
    });
    if let Some((sum, places)) = known {
        sum.confidence = sum.confidence.max(hit.confidence);
        sum.hits += hit.hits;
        sum.grounds.merge(hit.grounds);
        sum.first_seen = sum.first_seen.min(hit.first_seen);
        sum.last_seen = sum.last_seen.max(hit.last_seen);
        places.push((hit.hits, &member.path));
        return;
    }
    let first = Sensitive {
        info_type: hit.info_type,
        category: hit.category,
        spot,
        status_class,
        confidence: hit.confidence,
        hits: hit.hits,
        grounds: hit.grounds,
        places: Vec::new(),
        first_seen: hit.first_seen,
        last_seen: hit.last_seen,
    };
    all.push((first, vec![(hit.hits, &member.path)]));
}

fn with_places((mut sensitive, mut places): (Sensitive, Vec<(u64, &str)>)) -> Sensitive {
    places.sort_unstable_by_key(|it| (core::cmp::Reverse(it.0), it.1));
    let top = places.into_iter().take(PLACES_MAX);
    sensitive.places = top.map(|it| it.1.into()).collect();
    sensitive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_belong_where_they_are_asked_for() {
        let login = EndpointRole::Login;
        let plain = EndpointRole::default();
        for (spot, path, role, belongs) in [
            (Spot::RequestHeaders, "Authorization", plain, true),
            (
                Spot::RequestHeaders,
                "ocp-apim-subscription-key",
                plain,
                true,
            ),
            (Spot::RequestHeaders, "x-contoso-api-key", plain, true),
            (Spot::RequestHeaders, "x-note", plain, false),
            (Spot::RequestHeaders, "referer", plain, false),
            (Spot::RequestCookies, "sid", plain, true),
            (Spot::RequestBody, "client_secret", login, true),
            (Spot::RequestBody, "grant.refreshToken", login, true),
            (Spot::RequestBody, "refresh_token", plain, false),
            (Spot::RequestBody, "webhook_url", login, false),
            (Spot::RequestQuery, "api_key", plain, false),
            (Spot::RequestPath, "token", login, false),
            (Spot::ResponseBody, "access_token", login, false),
            (Spot::ResponseCookies, "sid", login, false),
        ] {
            assert_eq!(is_in_place(spot, path, role), belongs, "{spot:?} {path}");
        }
    }
}
