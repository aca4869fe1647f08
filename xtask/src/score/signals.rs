//! The labelled sets of requests that verdicts are scored on.

use super::Set;

pub static SETS: &[Set] = &[
    set("verdicts, real browsers", "detection/blazehttp-dev.jsonl"),
    set(
        "verdicts, many encodings",
        "detection/gotestwaf-attacks.jsonl",
    ),
    set(
        "verdicts, nasty prose",
        "detection/gotestwaf-benign-half.jsonl",
    ),
    set(
        "verdicts, nasty values",
        "detection/hard-negatives-half.jsonl",
    ),
    set("verdicts, an attacked API", "detection/atrdf1.jsonl"),
    set(
        "verdicts, tests of other rules",
        "detection/crs-regression.jsonl",
    ),
    set("verdicts, tampered shop", "detection/csic-dev.jsonl"),
    set("verdicts, normal shop", "detection/csic-normal.jsonl"),
    set("verdicts, values", "detection/httpparams-train.jsonl"),
    set("verdicts, values in paths", "detection/wad-mca.jsonl"),
    set("verdicts, made-up API", "detection/fur-api.jsonl"),
    set("verdicts, recorded pages", "detection/public-hars.jsonl"),
];

const fn set(title: &'static str, file: &'static str) -> Set {
    Set {
        title,
        file,
        package: "gatewatch-detect",
        example: "score_signals",
    }
}
