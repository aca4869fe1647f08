//! The words that made-up values are made of.

pub const FIRST: &[&str] = &[
    "Ada", "Björn", "Chiara", "Deniz", "Elif", "Femi", "Greta", "Hugo", "Inès", "Jonas", "Katya",
    "Liam", "Mina", "Noor", "Olu", "Pia", "Quentin", "Rosa", "Sven", "Tuva", "Uwe", "Vera",
    "Wanda", "Yusuf", "Zoe",
];

pub const LAST: &[&str] = &[
    "Abbott",
    "Berg",
    "Castillo",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Quist",
    "Rossi",
    "Santos",
    "Tanaka",
    "Ueda",
    "Varga",
];

/// What people call themselves: nothing that a reader of paths could tell from a word.
pub const NICKS: &[&str] = &[
    "ada", "bjorn", "chiara", "deniz", "elif", "femi", "greta", "hugo", "ines", "jonas", "katya",
    "liam", "mina", "noor", "olu", "pia", "quentin", "rosa", "sven", "tuva", "uwe", "vera",
    "wanda", "yusuf", "zoe",
];

pub const CITIES: &[&str] = &[
    "Aarhus",
    "Bologna",
    "Cork",
    "Dresden",
    "Essen",
    "Faro",
    "Ghent",
    "Haarlem",
    "Innsbruck",
    "Lyon",
    "Porto",
];

pub const STREETS: &[&str] = &[
    "Mill Lane",
    "Station Road",
    "Rue Haute",
    "Lindenallee",
    "Via Roma",
    "Kanaalweg",
    "High Street",
];

pub const WORDS: &[&str] = &[
    "amber", "basket", "calm", "dune", "ember", "fern", "grain", "harbour", "indigo", "jasper",
    "kelp", "linen", "maple", "north", "oak", "pebble", "quiet", "river", "stone", "timber",
    "umber", "velvet", "willow", "yarrow",
];

pub const DIAGNOSES: &[&str] = &[
    "E11.9 type 2 diabetes mellitus",
    "I10 essential hypertension",
    "J45.9 asthma",
    "F32.1 moderate depressive episode",
    "M54.5 low back pain",
    "B24 HIV disease",
    "C50.9 malignant neoplasm of breast",
    "O80 spontaneous delivery",
    "L20.9 atopic dermatitis",
];

pub const DRUGS: &[&str] = &[
    "metformin 500 mg",
    "lisinopril 10 mg",
    "salbutamol inhaler",
    "sertraline 50 mg",
    "ibuprofen 400 mg",
    "warfarin 3 mg",
    "insulin glargine",
    "amoxicillin 875 mg",
];
