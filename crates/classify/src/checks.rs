//! The roll of checks: whether a value that has the form of a type is one. Each is one function
//! and one row.

mod america;
mod asia;
mod crypto;
mod dates;
mod digits;
mod europe_east;
mod europe_north;
mod europe_south;
mod europe_west;
mod finance;
mod health;
mod network;
mod person;
mod secrets;
mod south;
#[cfg(test)]
mod tests;
mod vat;

/// A function that verifies check digits or structure.
#[derive(Debug)]
pub struct Check {
    pub name: &'static str,
    /// Whether the value, as it stands with its separators, passes.
    pub passes: fn(&[u8]) -> bool,
    /// One of so many values made at random in the right form passes.
    pub one_in: u32,
}

const fn check(name: &'static str, passes: fn(&[u8]) -> bool, one_in: u32) -> Check {
    Check {
        name,
        passes,
        one_in,
    }
}

/// In the order of names.
pub static ROLL: &[Check] = &[
    check("ar-cbu", finance::cbu, 100),
    check("ar-cuit", america::cuit, 100),
    check("at-svnr", europe_west::svnr, 250),
    check("at-tax", europe_west::at_tax, 10),
    check("au-abn", south::abn, 89),
    check("au-acn", south::acn, 10),
    check("au-medicare", health::au_medicare, 10),
    check("au-tfn", south::tfn, 11),
    check("base58-32", crypto::base58_32, 50),
    check("base58check", crypto::base58check, u32::MAX),
    check("basic-credentials", secrets::basic, 50),
    check("be-nrn", europe_west::nrn, 150),
    check("bech32", crypto::bech32, 500_000_000),
    check("bg-egn", europe_east::egn, 60),
    check("birth-date", dates::birth, 3),
    check("br-cnpj", america::cnpj, 100),
    check("br-cpf", america::cpf, 100),
    check("br-pis", america::pis, 11),
    check("br-titulo", america::titulo, 400),
    check("ca-bc-phn", health::bc_phn, 11),
    check("ca-health-luhn", health::ten_luhn, 11),
    check("ca-sin", america::sin, 12),
    check("card", finance::card, 10),
    check("card-expiry", dates::expiry, 8),
    check("ch-ahv", europe_west::ahv, 10),
    check("ch-uid", europe_west::uid_ch, 11),
    check("cl-rut", america::rut, 11),
    check("cn-resident-id", asia::resident_id, 1000),
    check("cn-uscc", asia::uscc, 31),
    check("co-nit", america::nit, 11),
    check("coordinate", network::coordinate, 2),
    check("crc-base62", secrets::crc_base62, u32::MAX),
    check("cy-tax", europe_south::cy_tax, 26),
    check("cz-ico", europe_east::ico, 11),
    check("cz-sk-birth-number", europe_east::rodne_cislo, 75),
    check("de-pension", europe_west::de_pension, 30),
    check("de-tax-id", europe_west::de_tax_id, 1000),
    check("dk-cpr", europe_north::cpr, 27),
    check("dk-cpr-checked", europe_north::cpr_checked, 300),
    check("do-cedula", america::cedula_do, 10),
    check("ec-cedula", america::cedula_ec, 50),
    check("ee-lt-code", europe_north::isikukood, 350),
    check("eg-id", south::eg_id, 300),
    check("eip-55", crypto::eip55, 1000),
    check("email", network::email, 1),
    check("es-cif", europe_south::cif, 10),
    check("es-dni", europe_south::dni, 23),
    check("es-nie", europe_south::nie, 23),
    check("es-nif", europe_south::nif, 23),
    check("es-social", europe_south::es_social, 150),
    check("eu-vat", vat::vat, 11),
    check("fi-hetu", europe_north::hetu, 100),
    check("fi-y-tunnus", europe_north::y_tunnus, 11),
    check("fr-insee", europe_west::insee, 150),
    check("fr-siren", europe_west::siren, 10),
    check("fr-spi", europe_west::spi, 1000),
    check("gr-afm", europe_south::afm, 11),
    check("gr-amka", europe_south::amka, 270),
    check("gs1", digits::gs1, 10),
    check("gulf-luhn", asia::gulf, 10),
    check("hk-id", asia::hkid, 11),
    check("hu-personal", europe_east::hu_personal, 170),
    check("hu-taj", europe_east::taj, 10),
    check("hu-tax", europe_east::hu_tax, 110),
    check("iban", finance::iban, 97),
    check("icao", digits::icao, 10),
    check("iccid", network::iccid, 10),
    check("id-nik", asia::nik, 15),
    check("ie-pps", europe_west::pps, 23),
    check("il-id", asia::teudat_zehut, 10),
    check("imei", network::imei, 10),
    check("imsi", network::imsi, 2),
    check("in-aadhaar", asia::aadhaar, 13),
    check("in-gst", asia::gst, 36),
    check("ip-address", network::ip, 2),
    check("ir-melli", asia::melli, 11),
    check("is-kennitala", europe_north::kennitala, 600),
    check("isin", finance::isin, 25),
    check("it-fiscal-code", europe_south::codice_fiscale, 26),
    check("it-partita-iva", europe_south::partita_iva, 95),
    check("jp-corporate", asia::jp_firm, 9),
    check("jp-my-number", asia::my_number, 11),
    check("jwt", secrets::jwt, 1_000_000),
    check("known-name", person::known_name, 6),
    check("kr-brn", asia::brn, 10),
    check("kr-rrn", asia::rrn, 250),
    check("kw-civil", asia::kw_civil, 1500),
    check("kz-iin", asia::iin, 350),
    check("lk-nic", asia::lk_nic, 2),
    check("lu-matricule", europe_west::lu_matricule, 10_000),
    check("luhn", digits::luhn, 10),
    check("lv-code", europe_north::lv_code, 200),
    check("mac-address", network::mac, 1),
    check("mixed-key", secrets::mixed, 2),
    check("mod-11-10", digits::mod_11_10, 10),
    check("mod-11-2", digits::mod_11_2, 11),
    check("mod-97-10", digits::mod_97_10, 97),
    check("mx-clabe", finance::clabe, 10),
    check("mx-curp", america::curp, 10),
    check("mx-rfc", america::rfc, 11),
    check("my-kad", asia::mykad, 30),
    check("nl-bsn", europe_west::bsn, 11),
    check("no-fodselsnummer", europe_north::fodselsnummer, 1000),
    check("no-organisation", europe_north::orgnr, 55),
    check("npi", health::npi, 10),
    check("nz-account", finance::nz_account, 25),
    check("nz-ird", south::ird, 60),
    check("nz-nhi", health::nz_nhi, 11),
    check("pe-ruc", america::ruc, 200),
    check("person-name", person::name, 2),
    check("phone", network::phone, 2),
    check("pl-dowod", europe_north::dowod, 10),
    check("pl-nip", europe_north::nip, 12),
    check("pl-passport", europe_north::pl_passport, 10),
    check("pl-pesel", europe_north::pesel, 60),
    check("pl-regon", europe_north::regon, 11),
    check("pt-card", europe_south::pt_card, 10),
    check("pt-nif", europe_south::pt_nif, 11),
    check("random-key", secrets::random, 1),
    check("ripple", crypto::ripple, u32::MAX),
    check("ro-cnp", europe_east::cnp, 350),
    check("ro-cui", europe_east::cui, 11),
    check("ru-inn", europe_east::inn, 11),
    check("ru-snils", europe_east::snils, 100),
    check("se-organisation", europe_north::se_firm, 12),
    check("se-personnummer", europe_north::personnummer, 250),
    check("secret", secrets::secret, 1),
    check("sg-nric", asia::nric, 26),
    check("si-tax", europe_east::si_tax, 12),
    check("street-address", person::address, 2),
    check("swift-country", finance::swift, 3),
    check("th-id", asia::th_id, 11),
    check("tr-tckn", europe_south::tckn, 110),
    check("tw-id", asia::tw_id, 10),
    check("ua-tax", europe_east::ua_tax, 11),
    check("uk-driver", europe_west::uk_driver, 4),
    check("uk-nhs", health::nhs, 11),
    check("uk-nino", europe_west::nino, 1),
    check("uk-utr", europe_west::utr, 11),
    check("us-aba", finance::aba, 30),
    check("us-dea", health::dea, 10),
    check("us-ein", america::ein, 1),
    check("us-itin", america::itin, 15),
    check("us-ssn", america::ssn, 1),
    check("uy-ci", america::ci_uy, 10),
    check("ve-rif", america::rif, 10),
    check("verhoeff", digits::verhoeff, 10),
    check("vin", network::vin, 11),
    check("vn-cccd", asia::cccd, 25),
    check("yu-emso", europe_east::emso, 300),
    check("za-id", south::za_id, 900),
];

pub(crate) fn find(name: &str) -> Option<&'static Check> {
    let at = ROLL.binary_search_by(|it| it.name.cmp(name)).ok()?;
    Some(&ROLL[at])
}
