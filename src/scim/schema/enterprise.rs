//! The enterprise extension of the User schema. RFC 7643 §4.3, §8.7.1.

use super::Schema;
use super::attribute::{Attribute, Mutability};

const MANAGER: &[Attribute] = &[
    Attribute::text("value", "The id of the manager.").exact(),
    Attribute::reference("$ref", &["User"], "The address of the manager."),
    Attribute::text("displayName", "The manager's name for display.").written(Mutability::ReadOnly),
];

/// The enterprise extension.
pub static ENTERPRISE_USER: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    description: "Enterprise User",
    attributes: &[
        Attribute::text("employeeNumber", "The number of the employee in the organisation."),
        Attribute::text("costCenter", "The cost centre."),
        Attribute::text("organization", "The organisation."),
        Attribute::text("division", "The division."),
        Attribute::text("department", "The department."),
        Attribute::complex("manager", MANAGER, "The user's manager."),
    ],
};
