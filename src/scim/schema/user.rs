//! The User schema. RFC 7643 §4.1, §8.7.1.

use super::Schema;
use super::attribute::{Attribute, Kind, Mutability, Returned};

const NAME: &[Attribute] = &[
    Attribute::text("formatted", "The full name, formatted for display."),
    Attribute::text("familyName", "The family name, or last name."),
    Attribute::text("givenName", "The given name, or first name."),
    Attribute::text("middleName", "The middle names."),
    Attribute::text("honorificPrefix", "The title before the name, such as Ms."),
    Attribute::text("honorificSuffix", "The suffix after the name, such as III."),
];

const DISPLAY: Attribute = Attribute::text("display", "A name for the value, for display.");
const TYPE: Attribute = Attribute::text("type", "What the value is for.");
const PRIMARY: Attribute =
    Attribute::new("primary", Kind::Boolean, "Whether this is the preferred value. At most one value is.");

const EMAIL: &[Attribute] =
    &[Attribute::text("value", "The e-mail address."), DISPLAY, TYPE.canonical(&["work", "home", "other"]), PRIMARY];

const PHONE: &[Attribute] = &[
    Attribute::text("value", "The phone number."),
    DISPLAY,
    TYPE.canonical(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

const IM: &[Attribute] = &[
    Attribute::text("value", "The instant messaging address."),
    DISPLAY,
    TYPE.canonical(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];

const PHOTO: &[Attribute] = &[
    Attribute::reference("value", &["external"], "The address of the picture."),
    DISPLAY,
    TYPE.canonical(&["photo", "thumbnail"]),
    PRIMARY,
];

const ADDRESS: &[Attribute] = &[
    Attribute::text("formatted", "The full address, formatted for display."),
    Attribute::text("streetAddress", "Street, house number, apartment."),
    Attribute::text("locality", "The city."),
    Attribute::text("region", "The state or region."),
    Attribute::text("postalCode", "The postal code."),
    Attribute::text("country", "The country, as an ISO 3166-1 alpha-2 code."),
    TYPE.canonical(&["work", "home", "other"]),
    PRIMARY,
];

const GROUP: &[Attribute] = &[
    Attribute::text("value", "The id of the group.").exact().written(Mutability::ReadOnly),
    Attribute::reference("$ref", &["Group"], "The address of the group.").written(Mutability::ReadOnly),
    DISPLAY.written(Mutability::ReadOnly),
    TYPE.canonical(&["direct", "indirect"]).written(Mutability::ReadOnly),
];

const ENTITLEMENT: &[Attribute] = &[Attribute::text("value", "The entitlement."), DISPLAY, TYPE, PRIMARY];

const ROLE: &[Attribute] = &[Attribute::text("value", "The role."), DISPLAY, TYPE, PRIMARY];

const CERTIFICATE: &[Attribute] =
    &[Attribute::new("value", Kind::Binary, "The certificate: DER in base64.").exact(), DISPLAY, TYPE, PRIMARY];

/// The User schema.
pub static USER: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "User Account",
    attributes: &[
        Attribute::text("userName", "The name the user signs in with, unique in the directory in any case.")
            .required()
            .unique(),
        Attribute::complex("name", NAME, "The parts of the user's name."),
        Attribute::text("displayName", "The name for display."),
        Attribute::text("nickName", "What the user is called casually."),
        Attribute::reference("profileUrl", &["external"], "The address of the user's profile."),
        Attribute::text("title", "The title, such as Vice President."),
        Attribute::text("userType", "The relation between organisation and user, such as Contractor."),
        Attribute::text("preferredLanguage", "The preferred language, as an HTTP Accept-Language value."),
        Attribute::text("locale", "The locale for currency, dates and numbers."),
        Attribute::text("timezone", "The time zone, as in the IANA database."),
        Attribute::new("active", Kind::Boolean, "Whether the user may use the service."),
        Attribute::text("password", "Accepted and forgotten: nothing here needs a password.")
            .written(Mutability::WriteOnly)
            .answered(Returned::Never),
        Attribute::list("emails", EMAIL, "The e-mail addresses."),
        Attribute::list("phoneNumbers", PHONE, "The phone numbers."),
        Attribute::list("ims", IM, "The instant messaging addresses."),
        Attribute::list("photos", PHOTO, "The pictures."),
        Attribute::list("addresses", ADDRESS, "The postal addresses."),
        Attribute::list("groups", GROUP, "The groups the user is a member of; changed at the groups.")
            .written(Mutability::ReadOnly),
        Attribute::list("entitlements", ENTITLEMENT, "What the user is entitled to."),
        Attribute::list("roles", ROLE, "The roles the identity provider sends; access comes from rules instead."),
        Attribute::list("x509Certificates", CERTIFICATE, "The certificates."),
    ],
};
