//! Members that a caller should not be able to set. Many APIs take them rightly, so this says
//! little on its own.

use gatewatch_decode::Value;
use gatewatch_model::Spot;

use super::{CodeDetector, Marks, Sight};
use crate::seen::At;

pub static DETECTOR: CodeDetector = CodeDetector {
    id: "api.mass-assignment",
    see,
};

const ALONE: f32 = 0.15;
const WITH_POWER: f32 = 0.4;

static NAMES: &[&str] = &[
    "role",
    "roles",
    "admin",
    "isadmin",
    "is_admin",
    "is_superuser",
    "superuser",
    "isroot",
    "permissions",
    "privileges",
    "is_staff",
    "usertype",
    "user_type",
    "accounttype",
    "verified",
    "is_verified",
    "emailverified",
    "email_verified",
    "approved",
    "is_active",
    "credit",
    "balance",
    "tenant_id",
    "owner_id",
];

/// With which letters the names begin.
const BEGINS: &[char] = &[
    'r', 'a', 'i', 's', 'p', 'u', 'v', 'e', 'b', 'c', 't', 'o', 'R', 'A', 'I', 'S', 'P', 'U', 'V',
    'E', 'B', 'C', 'T', 'O',
];

static POWERS: &[&str] = &[
    "admin",
    "administrator",
    "root",
    "superuser",
    "true",
    "1",
    "owner",
];

fn see(sight: &Sight<'_>, marks: &mut Marks<'_>) {
    if sight.reading.method() == "GET" {
        return;
    }
    for (index, leaf) in sight.reading.leaves().iter().enumerate() {
        match leaf.spot() {
            Spot::RequestBody => {}
            it if it > Spot::RequestBody => return,
            _ => continue,
        }
        let name = leaf.name();
        // Most names are of another length, or begin otherwise.
        if !(4..=14).contains(&name.len()) || !name.starts_with(BEGINS) {
            continue;
        }
        if !NAMES.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            continue;
        }
        let power = match leaf.value {
            Value::Bool(yes) => yes,
            Value::Text(text) => POWERS.iter().any(|it| it.eq_ignore_ascii_case(text)),
            _ => false,
        };
        let confidence = if power { WITH_POWER } else { ALONE };
        marks.add("power-member", confidence, At::Leaf(index as u32));
    }
}

#[cfg(test)]
mod tests {
    use super::{BEGINS, NAMES};
    use crate::detectors::tests::marks;

    #[test]
    fn a_role_in_a_body_is_noticed_and_in_a_query_is_not() {
        let json = [("content-type", "application/json")];
        let body = r#"{"name":"a","isAdmin":true}"#;
        assert_eq!(marks("POST", "/users", &json, body), ["power-member"]);
        assert_eq!(marks("GET", "/users?role=admin", &[], ""), [""; 0]);
        assert_eq!(marks("POST", "/users", &json, r#"{"name":"a"}"#), [""; 0]);
        for name in NAMES {
            assert!(
                (4..=14).contains(&name.len()) && name.starts_with(BEGINS),
                "{name}"
            );
        }
    }
}
