//! The first file of a user's own type, every key explained.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use gatewatch_classify::{Catalogue, SHIPPED};

use super::own::create;

const STARTER: &str = r#"# A type of sensitive information of your own. Prove it with `gatewatch catalogue test FOLDER`.

id       = "{id}"               # small letters, digits and single dashes; no two types share one
title    = "{title}"            # for people
severity = "medium"             # informational, low, medium or high
# country = "DE"                # two capital letters: evidence of that country raises confidence
# on      = false               # looked for only when it is switched on
# mask    = "last-four"         # what may be shown of a value: hidden (default), last-four, prefix, domain

# Names of members, and words beside a value, that speak for it or against it: small letters, single
# spaces. `loyalty card` hears `loyaltyCard`, `loyalty_card`, `LOYALTY-CARD` and `loyaltycard`.
near     = ["{name}", "{name} number"]
far      = ["order", "tracking"]

# What a value looks like: a regular expression of bytes, of the whole value, without anchors.
pattern  = '[A-Z]{2}-\d{8}'
# check  = "luhn"               # verifies a value; `gatewatch catalogue list` shows which there are
alone    = 0                    # confidence in percent without any name; 0: never without one
named    = 90                   # confidence when a name speaks for it

# More than one form: leave out the four keys above and write, at the end of the file, for each
#   [[patterns]]
#   pattern = '…'
#
# Instead of a pattern there may be
#   words       = ["gold", "silver"]     values that are one of these, whatever their case
#   words_file  = "tiers.txt"            the same from a file beside this one, a word on each line
#   tokens_file = "customers.tokens"     values on a list that holds no value; `gatewatch catalogue
#                                        tokens customers` makes it and its key from a file of values
# or none of them: then whatever stands under a name in `near` is of this type.

# At least one text that holds such a value and one that comes near it and does not: a JSON document,
# or `name=value`.
examples         = ['{"{member}": "AB-12345678"}', '{member}=XY-00000001']
counter_examples = ['{"{member}": "unknown"}', '{"orderNumber": "AB-12345678"}']
references       = []
"#;

/// Writes the file, proves that it is sound, and says where it is.
pub fn write(id: &str, folder: &Path) -> anyhow::Result<String> {
    if SHIPPED.find(id).is_some() {
        bail!("another type is named `{id}` already; `gatewatch catalogue show {id}` shows it");
    }
    let text = starter(id);
    let name = format!("{id}.toml");
    Catalogue::default().with(&[(&name, &text)])?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = folder.join(&name);
    create(&file, &text)?;
    Ok(format!(
        "wrote {}\nedit it, then: gatewatch catalogue test {}\n",
        file.display(),
        folder.display()
    ))
}

pub fn starter(id: &str) -> String {
    let name = id.replace('-', " ");
    let mut title = name.clone();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let member = id.replace('-', "_");
    STARTER
        .replace("{id}", id)
        .replace("{title}", &title)
        .replace("{name}", &name)
        .replace("{member}", &member)
}
