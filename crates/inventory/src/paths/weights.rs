//! What each sign that a segment is a value weighs, in hundredths of log-odds: before anything is
//! known of the rest of the API, and after. The weights are a logistic regression over the
//! public definitions of a hundred APIs; those of callers and growth, which definitions do not
//! show, and of likeness two levels below are set by hand. No sign knows a word by its text but the verbs of APIs in general.

/// A sign and its two weights.
pub(super) struct Weight {
    pub first: i64,
    pub later: i64,
    /// How a person reads it; empty where it says little alone.
    pub says: &'static str,
}

const fn weight(first: i64, later: i64, says: &'static str) -> Weight {
    Weight { first, later, says }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Bias,
    Camel,
    Cap,
    Contexts2,
    Contexts3,
    Contexts5,
    Dash,
    Depth1,
    DigitIn,
    DigitTail,
    Dot,
    ElseMany,
    ElseName,
    ElseShare,
    ElseVal,
    Fan3,
    Leaf,
    LeafSibs16,
    LeafSibs4,
    LeafSibs8,
    LeafStay,
    LeafSure,
    LeafSureM,
    LeafSureMOther,
    Mid,
    MidOnlysure,
    MidShared,
    MidSharedAll,
    MidSharedMany,
    MidSharedSure,
    MidSibs16,
    MidSibs8,
    MidStay,
    MidSure,
    MidUnshared1,
    MidUnshared2,
    Numsib,
    Numsib2,
    Numsib5,
    Onlyleafs,
    OtherMark,
    ParBy,
    ParPlural,
    ParRoot,
    ParSlot,
    ParVersion,
    Plural,
    Short2,
    SibsLeafSameM,
    Single,
    StemShare,
    Thick,
    TwinAny,
    TwinHere,
    Under,
    Upper,
    Verb,
    Version,
    VisHi,
    OwnCallers,
    SharedDeep,
    AllCallers,
    Growth,
}

pub(super) const SIGNS: usize = 63;

/// In the order of the signs.
pub(super) static WEIGHTS: [Weight; SIGNS] = [
    // Bias
    weight(-104, -125, ""),
    // Camel
    weight(107, 110, ""),
    // Cap
    weight(-233, -133, ""),
    // Contexts2
    weight(-3, -40, ""),
    // Contexts3
    weight(70, 75, "it stands in many different places"),
    // Contexts5
    weight(18, -26, ""),
    // Dash
    weight(59, 67, ""),
    // Depth1
    weight(-75, -99, ""),
    // DigitIn
    weight(45, 77, ""),
    // DigitTail
    weight(55, 53, ""),
    // Dot
    weight(300, 239, ""),
    // ElseMany
    weight(0, 61, ""),
    // ElseName
    weight(0, -160, "a name in other places too"),
    // ElseShare
    weight(0, 224, "as in other places"),
    // ElseVal
    weight(0, 276, "a value in other places too"),
    // Fan3
    weight(128, 121, "with many paths below"),
    // Leaf
    weight(-97, -86, ""),
    // LeafSibs16
    weight(-120, -137, ""),
    // LeafSibs4
    weight(-36, -32, ""),
    // LeafSibs8
    weight(79, 85, ""),
    // LeafStay
    weight(-251, -241, "its siblings are called again and again"),
    // LeafSure
    weight(-83, -21, "beside sure values"),
    // LeafSureM
    weight(
        305,
        287,
        "asked with the methods that sure values beside it have",
    ),
    // LeafSureMOther
    weight(-35, -36, ""),
    // Mid
    weight(69, 56, ""),
    // MidOnlysure
    weight(62, 54, ""),
    // MidShared
    weight(123, 129, "with the same paths below as its siblings"),
    // MidSharedAll
    weight(60, 66, ""),
    // MidSharedMany
    weight(28, 26, ""),
    // MidSharedSure
    weight(
        105,
        102,
        "with the same paths below as sure values beside it",
    ),
    // MidSibs16
    weight(-148, -138, ""),
    // MidSibs8
    weight(2, -42, ""),
    // MidStay
    weight(-259, -215, "its siblings are called again and again"),
    // MidSure
    weight(66, 67, "beside sure values"),
    // MidUnshared1
    weight(-54, -64, "with a path below that no sibling has"),
    // MidUnshared2
    weight(-77, -114, "with paths below that no sibling has"),
    // Numsib
    weight(63, 61, "beside words with digits"),
    // Numsib2
    weight(232, 247, "beside words that end in numbers"),
    // Numsib5
    weight(190, 212, "beside many words that end in numbers"),
    // Onlyleafs
    weight(98, 111, "nothing goes on below its siblings"),
    // OtherMark
    weight(51, 40, ""),
    // ParBy
    weight(24, 19, ""),
    // ParPlural
    weight(27, 26, ""),
    // ParRoot
    weight(-106, -154, "the first of the path"),
    // ParSlot
    weight(-59, -37, ""),
    // ParVersion
    weight(-106, -79, ""),
    // Plural
    weight(-125, -98, "a word that names many things"),
    // Short2
    weight(140, 40, ""),
    // SibsLeafSameM
    weight(68, 54, "asked with the same methods as its siblings"),
    // Single
    weight(-337, -279, "the only one at its place"),
    // StemShare
    weight(0, 277, "a value in other places too, with another number"),
    // Thick
    weight(-167, -118, "most calls go through it, and on from there"),
    // TwinAny
    weight(172, 43, "the same word stands there with other numbers"),
    // TwinHere
    weight(-21, 45, ""),
    // Under
    weight(25, 30, ""),
    // Upper
    weight(232, 205, "in capitals as codes are"),
    // Verb
    weight(-205, -151, "a word that names what to do"),
    // Version
    weight(-191, -88, "a version"),
    // VisHi
    weight(-260, -247, "called far more often than its siblings"),
    // OwnCallers
    weight(650, 650, "each of its siblings has callers of its own"),
    // SharedDeep
    weight(
        350,
        350,
        "what lies two below it lies below its siblings too",
    ),
    // AllCallers
    weight(-150, -150, "all callers share it"),
    // Growth
    weight(100, 100, "new ones keep coming"),
];
