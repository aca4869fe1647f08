//! What each sign that a segment is a value weighs, in hundredths of log-odds: before anything is
//! known of the rest of the API, and after. The weights are a logistic regression over the
//! public definitions of a hundred APIs; those of callers and growth, which definitions do not
//! show, are set by hand. No sign knows a word by its text but the verbs of APIs in general.

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
    Leaf,
    LeafSibs16,
    LeafSibs4,
    LeafSibs8,
    LeafSure,
    LeafSureM,
    LeafSureMOther,
    Mid,
    MidOnlysure,
    MidShared,
    MidSharedAll,
    MidSharedSure,
    MidSibs16,
    MidSibs8,
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
    TwinAny,
    TwinHere,
    Under,
    Upper,
    Verb,
    Version,
    VisHi,
    OwnCallers,
    AllCallers,
    Growth,
}

pub(super) const SIGNS: usize = 57;

/// In the order of the signs.
pub(super) static WEIGHTS: [Weight; SIGNS] = [
    // Bias
    weight(-289, -297, ""),
    // Camel
    weight(116, 123, ""),
    // Cap
    weight(-213, -114, ""),
    // Contexts2
    weight(4, -46, ""),
    // Contexts3
    weight(87, 84, "it stands in many different places"),
    // Contexts5
    weight(18, -40, ""),
    // Dash
    weight(56, 58, ""),
    // Depth1
    weight(-61, -80, ""),
    // DigitIn
    weight(43, 83, ""),
    // DigitTail
    weight(32, 38, ""),
    // Dot
    weight(287, 230, ""),
    // ElseMany
    weight(0, 34, ""),
    // ElseName
    weight(0, -138, "a name in other places too"),
    // ElseShare
    weight(0, 227, "as in other places"),
    // ElseVal
    weight(0, 298, "a value in other places too"),
    // Leaf
    weight(-72, -67, ""),
    // LeafSibs16
    weight(-137, -146, ""),
    // LeafSibs4
    weight(-66, -57, ""),
    // LeafSibs8
    weight(109, 108, ""),
    // LeafSure
    weight(-44, -2, "beside sure values"),
    // LeafSureM
    weight(
        338,
        325,
        "asked with the methods that sure values beside it have",
    ),
    // LeafSureMOther
    weight(-19, -28, ""),
    // Mid
    weight(54, 47, ""),
    // MidOnlysure
    weight(54, 49, ""),
    // MidShared
    weight(141, 151, "with the same paths below as its siblings"),
    // MidSharedAll
    weight(51, 58, ""),
    // MidSharedSure
    weight(
        116,
        116,
        "with the same paths below as sure values beside it",
    ),
    // MidSibs16
    weight(-171, -153, ""),
    // MidSibs8
    weight(18, -38, ""),
    // MidSure
    weight(124, 114, "beside sure values"),
    // MidUnshared1
    weight(-52, -60, "with a path below that no sibling has"),
    // MidUnshared2
    weight(-45, -91, "with paths below that no sibling has"),
    // Numsib
    weight(111, 110, "beside words with digits"),
    // Numsib2
    weight(325, 327, "beside words that end in numbers"),
    // Numsib5
    weight(254, 281, "beside many words that end in numbers"),
    // Onlyleafs
    weight(128, 138, "nothing goes on below its siblings"),
    // OtherMark
    weight(106, 74, ""),
    // ParBy
    weight(35, 22, ""),
    // ParPlural
    weight(25, 27, ""),
    // ParRoot
    weight(-167, -225, "the first of the path"),
    // ParSlot
    weight(-86, -60, ""),
    // ParVersion
    weight(-126, -91, ""),
    // Plural
    weight(-150, -118, "a word that names many things"),
    // Short2
    weight(155, 72, ""),
    // SibsLeafSameM
    weight(51, 36, "asked with the same methods as its siblings"),
    // Single
    weight(-256, -193, "the only one at its place"),
    // StemShare
    weight(0, 307, "a value in other places too, with another number"),
    // TwinAny
    weight(223, 76, "the same word stands there with other numbers"),
    // TwinHere
    weight(-16, 37, ""),
    // Under
    weight(-11, -1, ""),
    // Upper
    weight(244, 217, "in capitals as codes are"),
    // Verb
    weight(-219, -143, "a word that names what to do"),
    // Version
    weight(-310, -105, "a version"),
    // VisHi
    weight(-294, -270, "called far more often than its siblings"),
    // OwnCallers
    weight(250, 250, "each of its siblings has callers of its own"),
    // AllCallers
    weight(-150, -150, "all callers share it"),
    // Growth
    weight(100, 100, "new ones keep coming"),
];
